import { isDeepStrictEqual } from 'node:util';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookEvent, WebhookPayload, type WebhookChange } from 'nestjs-octo-webhooks';
import { Audience } from '../../libs/webhooks/src/fan-out/audience.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { useReceiver } from '../support/receiver.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { LOCAL_REQUESTS } from '../support/local-requests.js';

/** Fails for the fifth state of a booking, the first time. */
class FailingAudience extends Audience {
  private failed = false;

  override ofBatch(...batch: Parameters<Audience['ofBatch']>): ReturnType<Audience['ofBatch']> {
    const audience = super.ofBatch(...batch);
    return (event) => {
      const { after } = event as WebhookEvent;
      if (after['status'] !== '5' || this.failed) return audience(event);
      this.failed = true;
      return Promise.reject(new Error('It fails once.'));
    };
  }
}

const LEASE_MS = 60_000;

const tests = (kind: DatabaseKind): void => {
  const clock = new TestClock();
  const receiver = useReceiver();
  const hosts = useTestHosts(kind, { dispatch: { enabled: false } }, { extras: { clock: { useValue: clock } } });

  beforeEach(() => clock.stop());

  const changes = (booking: string, count: number): WebhookChange[] =>
    Array.from({ length: count }, (_, index) => {
      const { before: _before, ...change } = bookingChange(booking, null, String(index + 1));
      return change;
    });
  const statesOf = async (booking: string): Promise<unknown[][]> => {
    const events = await hosts.dataSource
      .getRepository(WebhookEvent)
      .find({ where: { resourceId: booking }, order: { sequence: 1 } });
    return events.map(({ status, after }) => [status, after['status']]);
  };
  const pending = async (booking: string): Promise<number> =>
    (await statesOf(booking)).filter(([status]) => status === 'pending').length;
  /** The operations of the payloads in the order of the lane. */
  const diffs = async (): Promise<unknown[]> => {
    const deliveries = await hosts.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
    const payloads = await hosts.dataSource.getRepository(WebhookPayload).find();
    const bodies = new Map(payloads.map(({ id, body }) => [id, JSON.parse(body ?? '') as { diff: unknown }]));
    return deliveries.map(({ payloadId }) => bodies.get(payloadId)?.diff);
  };
  const chain = (count: number): unknown[] =>
    Array.from({ length: count }, (_, index) =>
      index === 0 ? [] : [{ op: 'replace', path: '/status', was: String(index), value: String(index + 1) }],
    );
  async function backlog(...emitted: readonly WebhookChange[][]): Promise<FanOut> {
    const host = await hosts.start();
    await host.subscribe({ url: receiver.url() });
    for (const some of emitted) await host.emitter.emitAll(some);
    return host.app.get(FanOut);
  }

  it('all of its changes are fanned out in their order, each with the diff to the one before', async () => {
    await fanOutAll(await backlog(changes('hot', 100)));
    expect(await statesOf('hot')).toEqual(changes('hot', 100).map(({ after }) => ['fanned_out', after['status']]));
    expect(await diffs()).toEqual(chain(100));
  });

  it('a running host sends all of its changes in their order', async () => {
    const host = await hosts.start({ request: LOCAL_REQUESTS, dispatch: {} });
    await host.subscribe({ url: receiver.url() });
    await host.emitter.emitAll(changes('hot', 40));
    await receiver.received(40);
    const sent = receiver.requests.map(({ body }) => body.booking?.['status']);
    expect(sent).toEqual(changes('hot', 40).map(({ after }) => after['status']));
  });

  it('a booking that changes meanwhile does not wait for all of them', async () => {
    const fanOut = await backlog(changes('hot', 100), changes('other', 1));
    await fanOut.run();
    expect(await pending('other')).toBe(0);
    await hosts.emitter.emitAll(changes('later', 1));
    await Promise.all([fanOut.runSlice(), fanOut.run()]);
    expect(await pending('later')).toBe(0);
    expect(await pending('hot')).toBeGreaterThan(80);
    await fanOutAll(fanOut);
    expect((await diffs()).filter((operations) => !isDeepStrictEqual(operations, []))).toEqual(chain(100).slice(1));
  });

  it('changes that come while it is worked on follow', async () => {
    const fanOut = await backlog(changes('hot', 20));
    await fanOut.run();
    await fanOut.runSlice();
    await hosts.emitter.emitAll(changes('hot', 30).slice(20));
    await fanOutAll(fanOut);
    expect(await diffs()).toEqual(chain(30));
  });

  it('one of them that fails holds up those behind it, and nothing else', async () => {
    const host = await hosts.start({}, { overrides: [[Audience, FailingAudience]] });
    await host.subscribe({ url: receiver.url() });
    await host.emitter.emitAll([...changes('hot', 20), ...changes('other', 1)]);
    const fanOut = host.app.get(FanOut);
    await fanOutAll(fanOut);
    expect(await pending('hot')).toBe(16);
    expect(await pending('other')).toBe(0);
    clock.advance(1000);
    await fanOutAll(fanOut);
    expect(await pending('hot')).toBe(0);
    expect((await diffs()).slice(0, 20)).toHaveLength(20);
    const lane = await hosts.dataSource.getRepository(WebhookDelivery).find({ order: { id: 1 } });
    const sequences = lane.filter(({ resourceKey }) => resourceKey.endsWith('hot')).map((one) => one.eventSequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  });

  it('a process that shuts down gives them back, and another goes on', async () => {
    const fanOut = await backlog(changes('hot', 40));
    await fanOut.run();
    await fanOut.runSlice();
    const other = (await hosts.start()).app.get(FanOut);
    expect(await other.run()).toBe(0);
    await fanOut.giveBack();
    await fanOutAll(other);
    expect(await diffs()).toEqual(chain(40));
  });

  it('what a process has claimed ahead is taken over when its lease has ended, and is not fanned out twice', async () => {
    const fanOut = await backlog(changes('hot', 60));
    await fanOut.run();
    await fanOut.runSlice();
    const other = (await hosts.start()).app.get(FanOut);
    clock.advance(LEASE_MS);
    await other.run();
    await fanOutAll(fanOut);
    await fanOutAll(other);
    expect(await diffs()).toEqual(chain(60));
  });

  describe('that is an availability', () => {
    const slot = (vacancies: number, connectionIds?: readonly [string, ...string[]]): WebhookChange => ({
      event: 'availability_update',
      supplierId: 'supplier-1',
      productId: 'product',
      optionId: 'option',
      availabilityId: 'slot',
      after: { status: String(vacancies) },
      ...(connectionIds === undefined ? {} : { connectionIds }),
    });
    async function fanOutSlots(...slots: readonly WebhookChange[]): Promise<void> {
      const host = await hosts.start();
      await host.subscribe({ event: 'availability_update', url: receiver.url() });
      await host.emitter.emitAll(slots);
      await fanOutAll(host.app.get(FanOut));
    }

    it('only its last state is fanned out, and the others are marked as superseded', async () => {
      await fanOutSlots(...[9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((vacancies) => slot(vacancies)));
      const states = await statesOf('slot');
      expect(states.slice(0, 9).map(([status]) => status)).toEqual(Array(9).fill('superseded'));
      expect(states[9]).toEqual(['fanned_out', '0']);
      expect(await hosts.dataSource.getRepository(WebhookDelivery).count()).toBe(1);
    });

    it('a state for other connections replaces none, and is not replaced', async () => {
      await fanOutSlots(slot(9), slot(8), slot(7, ['connection-b']), slot(6), slot(5));
      expect(await statesOf('slot')).toEqual([
        ['superseded', '9'],
        ['fanned_out', '8'],
        ['fanned_out', '7'],
        ['superseded', '6'],
        ['fanned_out', '5'],
      ]);
    });

    it('a slot of another supplier with the same ids is another slot', async () => {
      await fanOutSlots(slot(9), { ...slot(8), supplierId: 'supplier-2' }, slot(7), {
        ...slot(6),
        supplierId: 'supplier-2',
      });
      expect((await statesOf('slot')).map(([status]) => status)).toEqual([
        'superseded',
        'superseded',
        'fanned_out',
        'fanned_out',
      ]);
    });
  });
};

describeOnDatabases('A resource with many pending changes', tests, SERVER_KINDS);
