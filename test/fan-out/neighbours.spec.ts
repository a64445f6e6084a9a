import { beforeEach, expect, it } from '@jest/globals';
import { WebhookEvent } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { EventClaims, type ClaimedEvents } from '../../libs/webhooks/src/fan-out/event-claims.js';
import { EventQueue } from '../../libs/webhooks/src/fan-out/event-queue.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { untilLockWait } from '../support/lock-waits.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;
const SUPPLIERS = ['supplier-1', 'supplier-2'];

const tests = (kind: DatabaseKind): void => {
  const clock = new TestClock();
  const steps = new DatabaseSteps();
  // Nothing runs automatically.
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false, leaseMs: LEASE_MS } },
    { extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] },
  );

  /** Two suppliers with the same two bookings, of which each has an event that has ended and three that are pending. */
  beforeEach(async () => {
    clock.stop();
    await emptyTables(host.dataSource);
    await emit();
    await fanOutAll(host.app.get(FanOut));
    // The time at which an ended one was due is the end of its lease. From then on, a search could find it.
    clock.advance(LEASE_MS + 1);
    for (let left = 3; left > 0; left -= 1) await emit();
  });

  const emit = async (): Promise<void> => {
    for (const supplierId of SUPPLIERS) {
      for (const uuid of ['b-1', 'b-2']) {
        await host.emitter.emit({ ...bookingChange(uuid, null, 'CONFIRMED'), supplierId });
      }
    }
  };
  const claims = () => host.app.get(EventClaims);
  const queue = () => host.app.get(EventQueue);
  const complete = (events: readonly WebhookEvent[], leaseToken: string) =>
    queue().complete(host.app.get(WebhooksDatabase).manager, events, leaseToken);
  const events = () => host.dataSource.getRepository(WebhookEvent);
  const rows = () => events().find({ order: { sequence: 1 } });
  /** The rows that have changed, as they are then. */
  const changedBy = async (step: () => Promise<unknown>): Promise<WebhookEvent[]> => {
    const before = new Map((await rows()).map((row) => [row.sequence, JSON.stringify(row)]));
    await step();
    return (await rows()).filter((row) => JSON.stringify(row) !== before.get(row.sequence));
  };
  /** The pending events of the same resource of the same supplier. */
  const pendingOf = ({ resourceKey, supplierId }: WebhookEvent) =>
    events().find({ where: { resourceKey, supplierId, status: 'pending' }, order: { sequence: 1 } });
  const sequencesOf = (of: readonly Pick<WebhookEvent, 'sequence'>[]): number[] => of.map(({ sequence }) => sequence);
  const first = ({ events: [event] }: Pick<ClaimedEvents, 'events'>): WebhookEvent => {
    if (event === undefined) throw new Error('There was nothing to claim.');
    return event;
  };
  /** A claim whose lease has ended. Another process holds the events now. */
  const lostClaim = async (): Promise<ClaimedEvents> => {
    const lost = await claims().claim(10);
    expect(lost.events).toHaveLength(4);
    clock.advance(LEASE_MS);
    expect(sequencesOf((await claims().claim(10)).events)).toEqual(sequencesOf(lost.events));
    return lost;
  };

  it('a claim takes the first of a resource, and what has ended takes no part of its limit', async () => {
    const changed = await changedBy(() => claims().claim(1));
    expect(changed).toMatchObject([{ status: 'pending', leaseToken: expect.not.stringContaining(NO_LEASE) }]);
    for (const row of changed) expect((await pendingOf(row))[0]?.sequence).toBe(row.sequence);
  });

  it('what another process claims meanwhile is neither taken from it nor read', async () => {
    const due = sequencesOf((await rows()).filter(({ status }) => status === 'pending').slice(0, 4));
    let faster: readonly WebhookEvent[] = [];
    steps.once('beforeChange', async () => {
      ({ events: faster } = await claims().claim(1));
    });
    const slower = await claims().claim(10);
    expect(faster).toHaveLength(1);
    expect(slower.events).toHaveLength(3);
    expect(sequencesOf([...faster, ...slower.events]).toSorted((a, b) => a - b)).toEqual(due);
  });

  it('the followers of one are the pending ones of its resource and supplier, and no others', async () => {
    const claimed = await claims().claim(10);
    const head = first(claimed);
    const [, second, third] = await pendingOf(head);
    await events().update({ sequence: second?.sequence ?? 0 }, { status: 'failed' });
    let followers: number[] = [];
    const changed = await changedBy(async () => {
      followers = await claims().claimFollowers(head, head.sequence, 10, claimed.leaseToken);
    });
    expect(followers).toEqual([third?.sequence]);
    expect(sequencesOf(changed)).toEqual(followers);
  });

  it('when one of those that were claimed together is given back, completed or fails, no other has changed', async () => {
    const { events: claimed, leaseToken } = await claims().claim(10);
    const [one, other, another] = claimed;
    if (one === undefined || other === undefined || another === undefined) throw new Error('There were not three.');
    const givenBack = await changedBy(() => queue().giveBack([one.sequence], leaseToken));
    expect(givenBack).toMatchObject([{ sequence: one.sequence, status: 'pending', leaseToken: NO_LEASE }]);
    const completed = await changedBy(() => complete([other], leaseToken));
    expect(completed).toMatchObject([{ sequence: other.sequence, status: 'fanned_out', leaseToken: NO_LEASE }]);
    const failed = await changedBy(() => queue().fail(another, leaseToken, 'It fails.', null));
    expect(failed).toMatchObject([{ sequence: another.sequence, status: 'failed', failures: 1 }]);
  });

  it('when all claimed events of a resource are given back, those of another one or supplier are kept', async () => {
    const { events: claimed, leaseToken } = await claims().claim(10);
    for (const event of claimed) await claims().claimFollowers(event, event.sequence, 10, leaseToken);
    const [head] = claimed;
    if (head === undefined) throw new Error('There was nothing to claim.');
    const ofResource = sequencesOf(await pendingOf(head));
    expect(sequencesOf(await changedBy(() => queue().giveBackAll(head, leaseToken)))).toEqual(ofResource);
  });

  it('whoever has lost the lease changes nothing, and is told so', async () => {
    const { events: lost, leaseToken } = await lostClaim();
    const event = first({ events: lost });
    expect(
      await changedBy(async () => {
        expect(await complete(lost, leaseToken)).toBe(false);
        expect(await queue().held(lost, leaseToken)).toEqual(new Set());
        expect((await claims().load(sequencesOf(lost), leaseToken)).events).toEqual([]);
        await queue().fail(event, leaseToken, 'It fails.', null);
        await queue().giveBack(sequencesOf(lost), leaseToken);
        await queue().giveBackAll(event, leaseToken);
      }),
    ).toEqual([]);
  });

  it('whether one is still held is known once the transaction that is changing it has ended', async () => {
    const { events: claimed, leaseToken } = await claims().claim(1);
    let held: Promise<ReadonlySet<number>> = Promise.resolve(new Set());
    await host.app.get(WebhooksDatabase).transaction(async (manager) => {
      expect(await queue().complete(manager, claimed, leaseToken)).toBe(true);
      held = queue().held(claimed, leaseToken);
      await untilLockWait(host.dataSource, held);
    });
    expect(await held).toEqual(new Set());
  });
};

// Two processes use the database at the same time, which an embedded one does not allow.
describeOnDatabases('A step of one event', tests, SERVER_KINDS);
