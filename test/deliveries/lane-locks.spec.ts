import { expect, it } from '@jest/globals';
import { WebhookDelivery } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { claimOneFor } from '../support/claimed-deliveries.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const HOUR_MS = 3_600_000;

describeOnDatabases(
  'Locks of fan-out',
  (kind) => {
    const steps = new DatabaseSteps();
    const host = useTestHost(kind, { dispatch: { enabled: false } }, { overrides: [watchedDatabase(steps)] });

    const change = async (booking: string, status: string): Promise<void> => {
      await host.emitter.emit(bookingChange(booking, null, status));
      await host.app.get(FanOut).run();
    };

    // If the search followed due times, a retry could move a delivery past it, and a later change could overtake that one.
    it('fan-out finds the pending deliveries of a booking without waiting for locks on those of others', async () => {
      const webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      for (const booking of ['b-1', 'b-2', 'b-3']) await change(booking, 'ON_HOLD');
      await host.app.get(DeliveryClaims).claim(new Map([[webhook.id, 1]]));
      const deliveries = host.dataSource.getRepository(WebhookDelivery);
      const others = await deliveries.findBy([
        { resourceKey: 'booking_update\tb-2' },
        { resourceKey: 'booking_update\tb-3' },
      ]);
      await host.dataSource.transaction(async (manager) => {
        for (const { id } of others) {
          await manager.findOneOrFail(WebhookDelivery, { where: { id }, lock: { mode: 'pessimistic_write' } });
        }
        await change('b-1', 'CONFIRMED');
      });
      const lane = await deliveries.find({
        where: { resourceKey: 'booking_update\tb-1' },
        order: { eventSequence: 1 },
      });
      expect(lane).toMatchObject([
        { leaseToken: expect.not.stringContaining(NO_LEASE) },
        { leaseToken: NO_LEASE, dueAt: null },
      ]);
    });

    // With all of them, a change of a busy product would cost more the longer its receiver is away.
    it.each([3, 300])('of %i deliveries that wait in a lane, only the first is locked', async (count) => {
      const webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      const booking = `waits-${count}`;
      // Another booking waits, and of this one a delivery has ended.
      await change('waits-longer', 'ON_HOLD');
      await change(booking, 'ON_HOLD');
      for (let left = 2; left > 0; left -= 1) {
        const delivery = await claimOneFor(host, webhook.id);
        const isOurs = delivery.resourceKey.endsWith(booking);
        const next = isOurs
          ? ({ status: 'delivered' } as const)
          : ({ status: 'pending', dueAt: Date.now() + HOUR_MS } as const);
        await host.app.get(DeliverySettlements).settle([{ delivery, next, attempt: null }]);
      }
      await host.emitter.emitAll(Array.from({ length: count }, (_, n) => bookingChange(booking, null, String(n))));
      await fanOutAll(host.app.get(FanOut));
      const lane = { resourceKey: `booking_update\t${booking}`, webhookId: webhook.id, status: 'pending' } as const;
      const deliveries = host.dataSource.getRepository(WebhookDelivery);
      const waiting = await deliveries.find({ where: lane, order: { eventSequence: 1 } });
      expect(waiting).toHaveLength(count);
      await host.dataSource.transaction(async (manager) => {
        for (const { id } of [...waiting.slice(1, 2), ...waiting.slice(-1)]) {
          await manager.findOneOrFail(WebhookDelivery, { where: { id }, lock: { mode: 'pessimistic_write' } });
        }
        await change(booking, 'CONFIRMED');
      });
      const [last] = (await deliveries.find({ where: lane, order: { eventSequence: 1 } })).slice(count);
      expect(last).toMatchObject({ leaseToken: NO_LEASE, dueAt: null });
    });

    it('however many wait in a lane, none is locked that another supplier has for the same booking', async () => {
      const other = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' }, CONNECTIONS.z);
      const { id: connectionId, supplierId } = CONNECTIONS.z;
      await host.emitter.emit({ ...bookingChange('same', null, '0'), supplierId, connectionIds: [connectionId] });
      const webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      await host.emitter.emitAll(Array.from({ length: 300 }, (_, n) => bookingChange('same', null, String(n))));
      await fanOutAll(host.app.get(FanOut));
      await host.dataSource.transaction(async (manager) => {
        await manager.findOneOrFail(WebhookDelivery, {
          where: { webhookId: other.id },
          lock: { mode: 'pessimistic_write' },
        });
        await change('same', 'CONFIRMED');
      });
      expect(await host.dataSource.getRepository(WebhookDelivery).countBy({ webhookId: webhook.id })).toBe(301);
    });

    it('a delivery that ends right before its lane is locked is not waited for', async () => {
      const webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      await change('ends', 'ON_HOLD');
      const delivery = await claimOneFor(host, webhook.id);
      steps.onStatement = async (sql) => {
        if (!/trigger_request_id[\s\S]*id IN[\s\S]*FOR UPDATE/.test(sql)) return;
        steps.onStatement = null;
        await host.app.get(DeliverySettlements).settle([{ delivery, next: { status: 'delivered' }, attempt: null }]);
      };
      await change('ends', 'CONFIRMED');
      expect(steps.onStatement).toBeNull();
      expect(await claimOneFor(host, webhook.id)).toMatchObject({ resourceKey: delivery.resourceKey });
    });
  },
  SERVER_KINDS,
);
