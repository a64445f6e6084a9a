import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryClaims, type ClaimedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements, type Settlement } from '../../libs/webhooks/src/deliveries/settle.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { ATTEMPT, claimFor, claimOneFor } from '../support/claimed-deliveries.js';
import { emptyTables } from '../support/empty-tables.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { untilLockWait } from '../support/lock-waits.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;

describeOnServers('A step of one delivery', (kind) => {
  const clock = new TestClock();
  const steps = new DatabaseSteps();
  // Nothing runs automatically.
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false, leaseMs: LEASE_MS } },
    { extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] },
  );
  let first: Webhook;
  let second: Webhook;

  /** Two webhooks, each with two bookings, of which each has a delivery that has ended, one that is due and one that waits. */
  beforeEach(async () => {
    clock.stop();
    steps.onStatement = null;
    await emptyTables(host.dataSource);
    first = await host.subscribe({ url: 'http://127.0.0.1:9/first' });
    second = await host.subscribe({ url: 'http://127.0.0.1:9/second' });
    await emit('b-1', 'b-2');
    for (const { id } of [first, second]) await settle((await claim(id, 10)).map(delivered));
    await emit('b-1', 'b-2', 'b-1', 'b-2');
  });

  const emit = async (...uuids: string[]): Promise<void> => {
    for (const uuid of uuids) await host.emitter.emit(bookingChange(uuid, null, 'CONFIRMED'));
    await fanOutAll(host.app.get(FanOut));
  };
  const claim = (webhookId: string, share: number) => claimFor(host, webhookId, share);
  const claimOne = ({ id }: Webhook) => claimOneFor(host, id);
  const delivered = (delivery: ClaimedDelivery): Settlement => ({
    delivery,
    next: { status: 'delivered' },
    attempt: ATTEMPT,
  });
  const settle = (settlements: readonly Settlement[]) => host.app.get(DeliverySettlements).settle(settlements);
  const rows = async (): Promise<ReadonlyMap<string, WebhookDelivery>> => {
    const all = await host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
    return new Map(all.map((row) => [row.id, row]));
  };
  /** The rows that have changed, as they are then. */
  const changedBy = async (step: () => Promise<unknown>): Promise<WebhookDelivery[]> => {
    const before = await rows();
    await step();
    const after = await rows();
    return [...after.values()].filter((row) => JSON.stringify(row) !== JSON.stringify(before.get(row.id)));
  };
  const followerOf = async ({ id, webhookId, resourceKey }: ClaimedDelivery): Promise<string | undefined> =>
    [...(await rows()).values()].find(
      (row) =>
        row.webhookId === webhookId && row.resourceKey === resourceKey && row.status === 'pending' && row.id !== id,
    )?.id;

  it('a claim leases what is due to its webhook, up to its share, and nothing else', async () => {
    let claimed: readonly ClaimedDelivery[] = [];
    const changed = await changedBy(async () => {
      claimed = await claim(first.id, 1);
    });
    expect(changed).toMatchObject([{ webhookId: first.id, leaseToken: claimed[0]?.leaseToken }]);
    expect(claimed.map(({ id }) => id)).toEqual(changed.map(({ id }) => id));
    // What waits behind an earlier one takes no part of the share.
    expect(await changedBy(() => claim(first.id, 1))).toMatchObject([{ webhookId: first.id }]);
    expect(await claim(first.id, 10)).toEqual([]);
  });

  it.each(['delivered', 'dead', 'cancelled'] as const)(
    'when it is %s, the next of its lane is due, and nothing else has changed',
    async (status) => {
      const delivery = await claimOne(first);
      await claimOne(second);
      const next = await followerOf(delivery);
      let due: ReadonlySet<string> = new Set();
      const changed = await changedBy(async () => {
        due = await settle([{ delivery, next: { status }, attempt: ATTEMPT }]);
      });
      expect(changed).toMatchObject([
        { id: delivery.id, status, leaseToken: NO_LEASE, dueAt: null, settledAt: new Date(clock.now()) },
        { id: next, status: 'pending', leaseToken: NO_LEASE, dueAt: new Date(clock.now()) },
      ]);
      expect([...due]).toEqual([first.id]);
    },
  );

  it('when it is postponed, nothing else has changed', async () => {
    const delivery = await claimOne(first);
    await claimOne(second);
    const dueAt = clock.now() + 1;
    const postponed = { delivery, next: { status: 'pending', dueAt }, attempt: ATTEMPT } as const;
    expect(await changedBy(() => settle([postponed]))).toMatchObject([
      { id: delivery.id, status: 'pending', leaseToken: NO_LEASE, dueAt: new Date(dueAt), attempts: 1 },
    ]);
  });

  it('when it is given back, nothing else has changed', async () => {
    const delivery = await claimOne(first);
    await claimOne(second);
    expect(await changedBy(() => host.app.get(DeliveryClaims).giveBack([delivery]))).toMatchObject([
      { id: delivery.id, status: 'pending', leaseToken: NO_LEASE, dueAt: new Date(clock.now()), attempts: 0 },
    ]);
  });

  it('of those that were claimed together, only the one that is given back or settled has changed', async () => {
    const [one, other] = await claim(first.id, 2);
    if (one === undefined || other === undefined) throw new Error('There were not two to claim.');
    expect(one.leaseToken).toBe(other.leaseToken);
    const givenBack = await changedBy(() => host.app.get(DeliveryClaims).giveBack([one]));
    expect(givenBack.map(({ id }) => id)).toEqual([one.id]);
    const settled = await changedBy(() => settle([delivered(other)]));
    expect(settled.map(({ id }) => id).sort()).toEqual([other.id, await followerOf(other)].sort());
  });

  it('what has ended is not changed by who holds its lease no more, whatever it wants', async () => {
    const delivery = await claimOne(first);
    await settle([delivered(delivery)]);
    // As if the token of the lease were still there.
    await host.dataSource
      .getRepository(WebhookDelivery)
      .update({ id: delivery.id }, { leaseToken: delivery.leaseToken });
    expect(await changedBy(() => host.app.get(DeliveryClaims).giveBack([delivery]))).toEqual([]);
    expect(await changedBy(() => settle([{ delivery, next: { status: 'dead' }, attempt: ATTEMPT }]))).toEqual([]);
    const again = { delivery, next: { status: 'pending', dueAt: 0 }, attempt: ATTEMPT } as const;
    expect(await changedBy(() => settle([again]))).toEqual([]);
  });

  it('when nothing waits behind it, its lane is not searched for the next', async () => {
    // Of the first webhook, nothing waits. Of the second, something does.
    for (let left = 4; left > 0; left -= 2) await settle((await claim(first.id, 10)).map(delivered));
    await emit('b-3', 'b-4');
    const statements: string[] = [];
    steps.onStatement = async (sql) => void statements.push(sql);
    expect([...(await settle([delivered(await claimOne(first))]))]).toEqual([]);
    expect(statements.filter((sql) => sql.includes('AS event_sequence'))).toEqual([]);
    statements.length = 0;
    expect([...(await settle([delivered(await claimOne(second))]))]).toEqual([second.id]);
    expect(statements.filter((sql) => sql.includes('AS event_sequence'))).toHaveLength(1);
  });

  it('when the lane of another delivery goes on, only a webhook with a newly due delivery is named', async () => {
    await emit('b-3');
    const lastOfAll = (await claim(first.id, 10)).find(({ resourceKey }) => resourceKey.endsWith('b-3'));
    if (lastOfAll === undefined) throw new Error('It was not claimed.');
    expect([...(await settle([delivered(lastOfAll)]))]).toEqual([]);
  });

  it('when fan-out adds a delivery to its lane, settling waits, and makes the new one due', async () => {
    const delivery = await claimOne(first);
    await settle([delivered(delivery)]);
    const last = await claimOne(first);
    expect(last.resourceKey).not.toBe(delivery.resourceKey);
    const next = await claimOne(first);
    let settling: Promise<unknown> = Promise.resolve();
    await host.emitter.emit(bookingChange(next.resourceKey.replace(/.*\t/, ''), null, 'CANCELLED'));
    steps.once('beforeCommit', async () => {
      settling = settle([delivered(next)]);
      await untilLockWait(host.dataSource, settling);
    });
    await host.app.get(FanOut).run();
    await settling;
    expect(await claim(first.id, 10)).toMatchObject([{ resourceKey: next.resourceKey }]);
  });
});
