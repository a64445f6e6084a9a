import { beforeEach, describe, expect, it } from '@jest/globals';
import { webhookWith } from '../../../../test/support/webhook.js';
import { resolveWebhooksOptions, type WebhooksModuleOptions } from '../webhooks.options.js';
import type { SendableDelivery } from '../deliveries/claim.js';
import type { StartedRequest } from './receiver.js';
import { Receivers } from './receivers.js';

const START = 1_000_000;

describe('Receivers', () => {
  let receivers: Receivers;
  let now: number;
  let ids: number;

  const begin = (options: WebhooksModuleOptions['dispatch'] = {}): void => {
    receivers = new Receivers(resolveWebhooksOptions({ dispatch: { connectionShare: 1, ...options } }));
    now = START;
    ids = 0;
  };
  beforeEach(() => begin());

  /** `a@b` is webhook a of connection b; others have a connection of their own. */
  const connectionOf = (webhookId: string): string => webhookId.split('@')[1] ?? webhookId;
  const delivery = (webhookId: string): SendableDelivery => ({
    id: `${webhookId}-${(ids += 1)}`,
    leaseToken: 'lease',
    leaseEndsAt: START + 60_000,
    webhookId,
    resourceKey: 'booking_update\tb-1',
    attempts: 0,
    webhook: webhookWith({ id: webhookId, connectionId: connectionOf(webhookId) }),
    eventId: 'event',
    payloadId: 'payload',
    sharedBody: Buffer.from('{}'),
  });
  const enqueue = (webhookId: string, count: number): void => {
    for (let index = 0; index < count; index += 1) receivers.enqueue(delivery(webhookId));
  };
  const startAll = (): StartedRequest[] => {
    const started: StartedRequest[] = [];
    for (let next = receivers.startNext(now); next !== null; next = receivers.startNext(now)) started.push(next);
    return started;
  };
  const succeed = (requests: readonly StartedRequest[]): void => {
    for (const request of requests) {
      receivers.end(request);
      request.receiver.succeeded(now);
    }
  };
  /** Lets a receiver show that it takes as much as is allowed. */
  const prove = (...webhookIds: string[]): void => {
    for (const id of webhookIds) for (let count = 0; count < 10; count += 1) receivers.of(id).succeeded(now);
  };
  const byWebhook = (requests: readonly StartedRequest[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { delivery: one } of requests) counts[one.webhookId] = (counts[one.webhookId] ?? 0) + 1;
    return counts;
  };

  it('begin with one request at once, allow one more with each success up to 8, and half as many with each failure', () => {
    enqueue('w', 100);
    const atOnce: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const started = startAll();
      atOnce.push(started.length);
      succeed(started);
    }
    expect(atOnce).toEqual([1, 2, 4, 8, 8]);
    receivers.of('w').failed(now);
    const halved = startAll();
    expect(halved).toHaveLength(4);
    for (const request of halved) receivers.end(request);
    for (let count = 0; count < 5; count += 1) receivers.of('w').failed(now);
    expect(startAll()).toHaveLength(1);
  });

  it('start no more than `concurrency` requests in all, shared evenly, and the next one where one has ended', () => {
    begin({ concurrency: 6 });
    prove('a', 'b', 'c');
    enqueue('a', 10);
    enqueue('b', 10);
    enqueue('c', 1);
    const started = startAll();
    expect(byWebhook(started)).toEqual({ a: 3, b: 2, c: 1 });
    succeed(started.filter(({ delivery: one }) => one.webhookId === 'a'));
    expect(byWebhook(startAll())).toEqual({ a: 2, b: 1 });
  });

  it('leave half of all requests to receivers that work, however many fail or are new', () => {
    begin({ concurrency: 8 });
    const suspects = Array.from({ length: 20 }, (_, index) => `new-${index}`);
    for (const id of suspects) enqueue(id, 5);
    expect(startAll()).toHaveLength(4);
    prove('w');
    enqueue('w', 10);
    expect(byWebhook(startAll())).toEqual({ w: 4 });
  });

  it('count a receiver whose last attempt failed, or that is late, among those that fail', () => {
    begin({ concurrency: 4 });
    prove('failing', 'late', 'w');
    receivers.of('failing').failed(now);
    enqueue('late', 1);
    startAll();
    now += 1001;
    enqueue('failing', 3);
    expect(startAll()).toHaveLength(1);
    enqueue('w', 3);
    expect(byWebhook(startAll())).toEqual({ w: 2 });
  });

  it('count one that took over a second among those that fail, until it is fast again', () => {
    begin({ concurrency: 4 });
    prove('slow', 'other');
    receivers.of('slow').took(1001);
    receivers.of('other').took(1000);
    enqueue('slow', 9);
    expect(startAll()).toHaveLength(2);
    enqueue('other', 9);
    expect(byWebhook(startAll())).toEqual({ other: 2 });
    receivers.of('slow').took(1000);
    receivers.of('other').took(1);
    expect(receivers.of('slow').standing(now)).toBe('works');
  });

  it('keep an eighth of all requests for new ones, which failing ones cannot take', () => {
    begin({ concurrency: 16 });
    const failing = Array.from({ length: 20 }, (_, index) => `failing-${index}`);
    for (const id of failing) {
      receivers.of(id).failed(now);
      enqueue(id, 1);
    }
    expect(startAll()).toHaveLength(6);
    for (const id of ['new-1', 'new-2', 'new-3']) enqueue(id, 1);
    expect(byWebhook(startAll())).toEqual({ 'new-1': 1, 'new-2': 1 });
  });

  describe('of many connections', () => {
    const manyOf = (connection: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `${index}@${connection}`);

    it('have a share of all requests for each connection, a quarter unless the host says otherwise', () => {
      expect(resolveWebhooksOptions({}).dispatch.connectionShare).toBe(0.25);
      begin({ concurrency: 20, connectionShare: 0.25 });
      const hostile = manyOf('hostile', 10);
      prove(...hostile, 'healthy');
      for (const id of hostile) enqueue(id, 8);
      expect(startAll()).toHaveLength(5);
      enqueue('healthy', 8);
      expect(byWebhook(startAll())).toEqual({ healthy: 5 });
      begin({ concurrency: 2, connectionShare: 0 });
      enqueue('w', 3);
      expect(startAll()).toHaveLength(1);
    });

    it('offer as many slots to fan-out for a connection as it may have, and no more', () => {
      begin({ concurrency: 20, connectionShare: 0.25 });
      prove('0@a', '1@a', '0@b');
      enqueue('0@a', 2);
      startAll();
      const freeSlots = receivers.freeSlots(now);
      const take = (id: string): boolean => freeSlots.take({ id, connectionId: connectionOf(id) });
      expect(['0@a', '1@a', '1@a', '1@a', '0@b'].map(take)).toEqual([true, true, true, false, true]);
    });

    it('serve the connection with the fewest requests first, however many webhooks the others have', () => {
      begin({ concurrency: 8 });
      const many = manyOf('many', 6);
      prove(...many, '0@few', '1@other');
      for (const id of many) enqueue(id, 8);
      const [first, second] = [receivers.startNext(now), receivers.startNext(now)];
      enqueue('0@few', 3);
      enqueue('1@other', 1);
      const started = [first, second, ...startAll()].flatMap((request) => request ?? []);
      const connections = started.map(({ delivery: one }) => one.webhook.connectionId);
      expect(connections).toEqual(['many', 'many', 'few', 'other', 'few', 'many', 'few', 'many']);
    });

    it('serve the origin with the fewest requests first, and then the webhook', () => {
      begin({ concurrency: 6 });
      const to = (id: string, origin: string, count: number): void => {
        prove(id);
        for (let index = 0; index < count; index += 1) {
          const one = delivery(id);
          receivers.enqueue({ ...one, webhook: { ...one.webhook, url: `https://${origin}/${id}` } });
        }
      };
      for (const id of manyOf('c', 3)) to(id, 'one.example', 4);
      to('3@c', 'two.example', 4);
      expect(byWebhook(startAll())).toEqual({ '0@c': 1, '1@c': 1, '2@c': 1, '3@c': 3 });
    });

    it('forget a connection when nothing of it waits or runs', () => {
      begin({ concurrency: 4, connectionShare: 0.5 });
      prove('0@a', '1@a');
      for (let round = 0; round < 3; round += 1) {
        enqueue('0@a', 2);
        const started = startAll();
        expect(started).toHaveLength(2);
        succeed(started);
      }
      enqueue('1@a', 3);
      expect(receivers.takeWaiting()).toHaveLength(3);
      enqueue('0@a', 2);
      expect(startAll()).toHaveLength(2);
    });
  });

  it('send only one delivery as a probe, however many wait', () => {
    prove('w');
    enqueue('w', 3);
    receivers.of('w').circuit.beginProbe(now + 5000);
    expect(startAll()).toHaveLength(1);
  });

  describe('offer free slots to fan-out', () => {
    /** The number of deliveries for each webhook that get a free slot. */
    const taken = (webhookIds: readonly string[], each: number): Record<string, number> => {
      const freeSlots = receivers.freeSlots(now);
      const counts: Record<string, number> = {};
      for (const id of webhookIds) {
        counts[id] = Array.from({ length: each }, () => freeSlots.take({ id, connectionId: connectionOf(id) })).filter(
          (took) => took,
        ).length;
      }
      return counts;
    };

    it('for as many requests as may begin at once, to each and in all', () => {
      begin({ concurrency: 12 });
      prove('a', 'b');
      expect(taken(['new', 'a', 'b'], 20)).toEqual({ new: 1, a: 8, b: 3 });
      enqueue('a', 4);
      expect(taken(['a', 'b'], 20)).toEqual({ a: 4, b: 8 });
      startAll();
      expect(taken(['a', 'b'], 20)).toEqual({ a: 4, b: 4 });
    });

    it('even when deliveries wait for receivers that take no more', () => {
      prove('a', 'b');
      enqueue('a', 100);
      startAll();
      expect(taken(['a', 'b'], 20)).toEqual({ a: 0, b: 8 });
    });

    it('to failing and new receivers only for as many requests as may begin', () => {
      begin({ concurrency: 7 });
      prove('w');
      enqueue('new-0', 1);
      startAll();
      expect(taken(['new-1', 'new-2', 'new-3', 'new-4', 'w'], 20)).toEqual({
        'new-1': 1,
        'new-2': 1,
        'new-3': 1,
        'new-4': 0,
        w: 3,
      });
    });

    it('anew each time: a delivery that was not inserted after all takes no slot', () => {
      prove('w');
      expect(taken(['w'], 20)).toEqual({ w: 8 });
      expect(taken(['w'], 20)).toEqual({ w: 8 });
    });

    it('not to a receiver that may have earlier deliveries due', () => {
      prove('w');
      receivers.markReady(['w']);
      expect(taken(['w'], 1)).toEqual({ w: 0 });
      receivers.takeShares(now);
      expect(taken(['w'], 1)).toEqual({ w: 1 });
    });

    it('not to a receiver that is paused, late or deactivated, or whose circuit is open or probed', () => {
      prove('paused', 'late', 'deactivated', 'open', 'probed');
      receivers.of('paused').circuit.openOverloaded(now, 5000);
      receivers.of('deactivated').deactivation = 'stored';
      receivers.of('open').circuit.openFailing(now, 0, 0);
      receivers.of('probed').circuit.beginProbe(now + 5000);
      enqueue('late', 1);
      startAll();
      now += 1001;
      expect(taken(['paused', 'late', 'deactivated', 'open', 'probed'], 1)).toEqual({
        paused: 0,
        late: 0,
        deactivated: 0,
        open: 0,
        probed: 0,
      });
    });
  });

  it('let new receivers begin, even when there is room for a single request only', () => {
    begin({ concurrency: 1 });
    enqueue('new', 1);
    expect(startAll()).toHaveLength(1);
  });

  it('send nothing more to a receiver that has not answered for over a second, and claim nothing for it', () => {
    prove('w');
    enqueue('w', 3);
    const [first] = [receivers.startNext(now)];
    now += 1000;
    expect(receivers.startNext(now)).not.toBeNull();
    now += 1;
    expect(receivers.startNext(now)).toBeNull();
    receivers.markReady(['w']);
    expect(receivers.takeShares(now).size).toBe(0);
    expect(receivers.takeHeld(now)).toHaveLength(1);
    if (first !== null && first !== undefined) succeed([first]);
    expect(receivers.takeShares(now).get('w')).toBeGreaterThan(0);
  });

  it('claim for each ready webhook what may run, and what will probably go out within half a second', () => {
    receivers.markReady(['new']);
    expect(receivers.takeShares(now)).toEqual(new Map([['new', 2]]));
    expect(receivers.takeShares(now).size).toBe(0);
    prove('w');
    receivers.of('w').took(100);
    receivers.markReady(['w']);
    expect(receivers.takeShares(now)).toEqual(new Map([['w', 8 + 40]]));
  });

  it('claim fewer deliveries for a receiver that has become slow, but at least one', () => {
    prove('w');
    receivers.of('w').took(100);
    for (let count = 0; count < 100; count += 1) receivers.of('w').took(10_000);
    receivers.markReady(['w']);
    expect(receivers.takeShares(now)).toEqual(new Map([['w', 8 + 1]]));
  });

  it('claim sixteen times `concurrency` in all, shared evenly', () => {
    begin({ concurrency: 8 });
    prove('a', 'b', 'c');
    for (const id of ['a', 'b', 'c']) receivers.of(id).took(1);
    receivers.markReady(['a', 'b', 'c']);
    expect(receivers.takeShares(now)).toEqual(new Map(['a', 'b', 'c'].map((id) => [id, 42])));
  });

  it('claim for no more than 256 webhooks at once, and for the others the next time', () => {
    receivers.markReady(Array.from({ length: 300 }, (_, index) => `w-${index}`));
    expect(receivers.takeShares(now).size).toBe(256);
    expect(receivers.takeShares(now).size).toBe(44);
  });

  it('report whether there is something to claim and room for it', () => {
    begin({ concurrency: 1 });
    expect(receivers.wantsMore).toBe(false);
    receivers.markReady(['w']);
    expect(receivers.wantsMore).toBe(true);
    enqueue('w', 9);
    expect(receivers.wantsMore).toBe(false);
    receivers.startNext(now);
    expect(receivers.wantsMore).toBe(true);
  });

  it('claim more for a receiver only when half of its deliveries have been sent', () => {
    prove('w');
    receivers.of('w').took(125);
    enqueue('w', 20);
    receivers.markReady(['w']);
    expect(receivers.takeShares(now)).toEqual(new Map([['w', 20]]));
    enqueue('w', 1);
    receivers.markReady(['w']);
    expect(receivers.takeShares(now).size).toBe(0);
  });

  it('give each webhook its turn when there is not room for all', () => {
    begin({ concurrency: 2 });
    const all = Array.from({ length: 10 }, (_, index) => `w-${index}`);
    receivers.markReady(all);
    const served = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const shares = receivers.takeShares(now);
      for (const [id] of shares) {
        served.add(id);
        // Each time, it has more deliveries.
        receivers.markReady([id]);
      }
    }
    expect(served.size).toBe(10);
  });

  it('claim nothing while more than half of all deliveries wait', () => {
    begin({ concurrency: 2 });
    prove('w');
    enqueue('w', 17);
    receivers.markReady(['other']);
    expect(receivers.takeShares(now).size).toBe(0);
    receivers.startNext(now);
    expect(receivers.takeShares(now)).toEqual(new Map([['other', 2]]));
  });

  it('let a single delivery through while a circuit is probed', () => {
    const receiver = receivers.of('w');
    prove('w');
    receiver.circuit.openFailing(now, 0, 0);
    receiver.circuit.stored();
    enqueue('w', 1);
    expect(receivers.startNext(now)).toBeNull();
    expect(receivers.takeHeld(now)).toHaveLength(1);
    receiver.circuit.beginProbe(now + 60_000);
    expect(receivers.takeShares(now)).toEqual(new Map([['w', 1]]));
    enqueue('w', 1);
    expect(startAll()).toHaveLength(1);
    receivers.markReady(['w']);
    expect(receivers.takeShares(now).size).toBe(0);
  });

  it('give the room of deliveries that were taken back to other receivers', () => {
    begin({ concurrency: 2 });
    enqueue('w', 32);
    expect(receivers.takeWaiting()).toHaveLength(32);
    prove('other');
    receivers.markReady(['other']);
    receivers.of('w').circuit.openFailing(now, 0, 0);
    expect(receivers.takeShares(now)).toEqual(new Map([['other', 16]]));
  });

  it('end only those probes for which there was nothing to send', () => {
    const [idle, busy] = [receivers.of('idle'), receivers.of('busy')];
    for (const receiver of [idle, busy]) receiver.circuit.beginProbe(now + 60_000);
    enqueue('busy', 1);
    for (const receiver of [idle, busy]) receiver.giveUpIdleProbe();
    expect([idle.isHeld(now), busy.isHeld(now)]).toEqual([true, false]);
    startAll();
    busy.giveUpIdleProbe();
    expect(busy.circuit.isProbing).toBe(true);
  });

  it('break off all requests at once, of all receivers, and hear no more of them', () => {
    prove('a', 'b');
    enqueue('a', 2);
    enqueue('b', 1);
    enqueue('c', 2);
    const started = startAll();
    const brokenOff = receivers.breakOff();
    expect(brokenOff.map(({ id }) => id).sort()).toEqual(started.map(({ delivery: one }) => one.id).sort());
    expect(started.map((request) => receivers.end(request))).toEqual([false, false, false, false]);
    expect(receivers.breakOff()).toEqual([]);
    // What waits may start instead.
    expect(byWebhook(startAll())).toEqual({ c: 1 });
  });

  it('end each request once', () => {
    begin({ concurrency: 1 });
    enqueue('a', 3);
    const [request] = startAll();
    if (request === undefined) throw new Error('Nothing was started.');
    expect([receivers.end(request), receivers.end(request)]).toEqual([true, false]);
    expect(startAll()).toHaveLength(1);
  });

  it('take back what waits for some receivers, and neither what waits for others nor what is under way', () => {
    enqueue('a', 3);
    enqueue('b', 2);
    startAll();
    expect(receivers.takeWaiting(({ webhookId }) => webhookId === 'a')).toHaveLength(2);
    expect(receivers.takeShares(now).has('b')).toBe(false);
    expect(receivers.takeWaiting()).toHaveLength(1);
    expect(receivers.takeWaiting()).toEqual([]);
    expect(
      receivers
        .breakOff()
        .map(({ webhookId }) => webhookId)
        .sort(),
    ).toEqual(['a', 'b']);
  });

  it('forget only receivers that were sent nothing for a while', () => {
    const quiet = receivers.of('quiet');
    quiet.succeeded(now);
    const open = receivers.of('open');
    open.circuit.openFailing(now, 0, 0);
    enqueue('busy', 1);
    const busy = receivers.of('busy');
    receivers.prune(now + 300_000);
    expect(receivers.of('quiet')).toBe(quiet);
    receivers.prune(now + 300_001);
    expect(receivers.of('quiet')).not.toBe(quiet);
    expect(receivers.of('open')).toBe(open);
    expect(receivers.of('busy')).toBe(busy);
  });
});
