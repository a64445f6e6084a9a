import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookPayload, type WebhookChange } from 'nestjs-octo-webhooks';
import { QueryFailedError, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import type { Handover, InsertedDeliveries } from '../../libs/webhooks/src/deliveries/handover.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

const LEASE_MS = 60_000;

describeOnServers('A delivery that fan-out hands over to its own process', (kind) => {
  /** Runs after rows have been inserted, in the same transaction. */
  let afterInsert: (entity: EntityTarget<ObjectLiteral>, rows: number) => void;
  class WatchedDatabase extends WebhooksDatabase {
    override async insert(...row: Parameters<WebhooksDatabase['insert']>): Promise<void> {
      await super.insert(...row);
      afterInsert(row[1], row[2].length);
    }
  }

  const clock = new TestClock();
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false, leaseMs: LEASE_MS } },
    { per: 'test', extras: { clock: { useValue: clock } }, overrides: [[WebhooksDatabase, WatchedDatabase]] },
  );
  let stored: InsertedDeliveries[];
  let freeSlots: number;
  let handover: Handover;

  beforeEach(() => {
    clock.stop();
    [stored, freeSlots, afterInsert] = [[], Infinity, () => undefined];
    handover = {
      freeSlots: () => {
        let left = freeSlots;
        return { take: () => (left -= 1) >= 0 };
      },
      dispatch: async (deliveries) => {
        stored.push(deliveries);
      },
      giveBack: () => undefined,
    };
  });

  const subscribe = async (event: 'booking_update' | 'availability_update' = 'booking_update'): Promise<string> =>
    (await host.subscribe({ url: 'http://127.0.0.1:9/never-called', event })).id;
  const change = async (...changes: WebhookChange[]): Promise<void> => {
    await host.emitter.emitAll(changes);
    await fanOutAll(host.app.get(FanOut), handover);
  };
  const rows = () => host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
  const leased = () => stored.flatMap((deliveries) => deliveries.leased);
  const leftToClaim = () => stored.flatMap(({ webhookIds }) => [...webhookIds]);
  const availability = (vacancies: number): WebhookChange => ({
    event: 'availability_update',
    supplierId: 'supplier-1',
    connectionIds: ['connection-a'],
    productId: 'p-1',
    optionId: 'o-1',
    availabilityId: 'a-1',
    after: { id: 'a-1', vacancies },
  });

  it('it is leased from the start, and equals what a claim would return', async () => {
    const webhookId = await subscribe();
    await change(bookingChange('b-1', null, 'ON_HOLD'));
    const [delivery] = leased();
    expect(leftToClaim()).toEqual([]);
    expect(await rows()).toMatchObject([
      { id: delivery?.id, status: 'pending', attempts: 0, leaseToken: delivery?.leaseToken },
    ]);
    const claim = async () => (await host.app.get(DeliveryClaims).claim(new Map([[webhookId, 10]]))).deliveries;
    expect(await claim()).toEqual([]);

    // The process died: another one finds the delivery when its lease is over.
    clock.advance(LEASE_MS);
    const [claimed] = await claim();
    expect(claimed).toMatchObject({ ...delivery, leaseToken: expect.any(String), leaseEndsAt: clock.now() + LEASE_MS });
    expect(claimed?.leaseToken).not.toBe(delivery?.leaseToken);
  });

  it('no more are handed over than there are free slots, and the rest is to be claimed', async () => {
    const webhookId = await subscribe();
    freeSlots = 1;
    await change(bookingChange('b-1', null, 'ON_HOLD'), bookingChange('b-2', null, 'ON_HOLD'));
    expect(leased()).toHaveLength(1);
    expect(leftToClaim()).toEqual([webhookId]);
    const { deliveries } = await host.app.get(DeliveryClaims).claim(new Map([[webhookId, 10]]));
    expect(deliveries.map(({ id }) => id)).toEqual(
      (await rows()).map(({ id }) => id).filter((id) => id !== leased()[0]?.id),
    );
  });

  it('it never overtakes an earlier change of the same booking', async () => {
    await subscribe();
    await change(bookingChange('b-1', null, 'ON_HOLD'));
    await change(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'));
    expect(leased()).toHaveLength(1);
    expect(leftToClaim()).toEqual([]);
    expect(await rows()).toMatchObject([{ id: leased()[0]?.id }, { leaseToken: NO_LEASE, dueAt: null }]);
  });

  it('it may replace an availability that waits, but not one that has been handed over', async () => {
    await subscribe('availability_update');
    freeSlots = 0;
    await change(availability(3));
    freeSlots = Infinity;
    await change(availability(2));
    await change(availability(1));
    await change(availability(0));
    expect(
      (await rows()).map(({ status, dueAt, leaseToken }) => [status, dueAt !== null, leaseToken !== NO_LEASE]),
    ).toEqual([
      ['superseded', false, false],
      ['pending', true, true],
      ['superseded', false, false],
      ['pending', false, false],
    ]);
    expect(leased()).toHaveLength(1);
  });

  it('when the transaction loses a race and is repeated, it is leased once', async () => {
    await subscribe();
    freeSlots = 1;
    let failures = 0;
    afterInsert = (entity) => {
      if (entity !== WebhookDelivery || (failures += 1) > 1) return;
      throw new QueryFailedError('INSERT', [], Object.assign(new Error('Deadlock'), { errno: 1213 }));
    };
    await change(bookingChange('b-1', null, 'ON_HOLD'));
    expect(await rows()).toMatchObject([{ id: leased()[0]?.id, leaseToken: leased()[0]?.leaseToken }]);
    expect(leased()).toHaveLength(1);
  });

  it('a delivery that could not be inserted takes no free slot', async () => {
    await subscribe();
    freeSlots = 1;
    let failures = 0;
    afterInsert = (entity, inserted) => {
      if (entity === WebhookPayload && (inserted > 1 || failures === 1)) {
        failures += 1;
        throw new Error('This cannot be stored.');
      }
    };
    await change(bookingChange('b-1', null, 'ON_HOLD'), bookingChange('b-2', null, 'ON_HOLD'));
    // Both failed together; then the first failed alone, and the second succeeded.
    expect(failures).toBe(2);
    expect(leased()).toHaveLength(1);
    expect(await rows()).toMatchObject([{ id: leased()[0]?.id, leaseToken: leased()[0]?.leaseToken }]);
  });
});
