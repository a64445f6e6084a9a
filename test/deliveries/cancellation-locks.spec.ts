import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { DeliveryCancellations } from '../../libs/webhooks/src/deliveries/cancel.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { MaintainedHost } from '../maintenance/maintained-host.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { untilLockWait } from '../support/lock-waits.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';

const NEVER_CALLED = 'http://127.0.0.1:9/never-called';

describeOnDatabases(
  'Cancellation beside other transactions',
  (kind) => {
    const maintained = new MaintainedHost(kind, { settledMs: null, deadMs: null });
    let webhook: Webhook;

    beforeEach(async () => {
      await emptyTables(maintained.host.dataSource);
      webhook = await maintained.host.subscribe({ url: NEVER_CALLED });
    });

    const setActive = (active: boolean): Promise<Webhook> =>
      maintained.host.webhooks.update(CONNECTIONS.a, webhook.id, { active }, []);
    const change = (...uuids: string[]): Promise<void> =>
      maintained.change(...uuids.map((uuid) => bookingChange(uuid, null, 'CONFIRMED')));
    const deliveries = () => maintained.repository(WebhookDelivery);
    const statuses = async (): Promise<string[]> =>
      (await deliveries().find({ order: { eventSequence: 1 } })).map(({ status }) => status);

    it('an inactive webhook whose row is locked is left for the next time, though others are not', async () => {
      const locked = webhook;
      const free = await maintained.host.subscribe({ url: NEVER_CALLED });
      await change('waiting');
      for (const { id } of [locked, free]) {
        await maintained.host.webhooks.update(CONNECTIONS.a, id, { active: false }, []);
      }
      await maintained.host.dataSource.transaction(async (manager) => {
        const lock = { mode: 'pessimistic_write' } as const;
        await manager.findOneOrFail(WebhookRow, { where: { id: locked.id }, lock });
        await maintained.host.app.get(DeliveryCancellations).run();
      });
      expect((await deliveries().findBy({ status: 'pending' })).map(({ webhookId }) => webhookId)).toEqual([locked.id]);
    });

    it('a webhook cannot be activated while its deliveries are being cancelled', async () => {
      await change('waiting');
      await setActive(false);
      let activation: Promise<unknown> = Promise.resolve();
      maintained.steps.once('beforeCommit', async () => {
        activation = setActive(true);
        await untilLockWait(maintained.host.dataSource, activation);
        expect(await maintained.repository(WebhookRow).countBy({ id: webhook.id, active: true })).toBe(0);
      });
      expect(await maintained.host.app.get(DeliveryCancellations).run()).toBe(true);
      await activation;
      expect(await statuses()).toEqual(['cancelled']);
    });

    it('a delivery that is just being changed is left for the next time, and the others are cancelled', async () => {
      await change('changing', 'waiting');
      await setActive(false);
      const changing = await deliveries().findOneByOrFail({ resourceKey: 'booking_update\tchanging' });
      await maintained.host.dataSource.transaction(async (manager) => {
        await manager.update(WebhookDelivery, { id: changing.id }, { attempts: 1 });
        await maintained.host.app.get(DeliveryCancellations).run();
      });
      expect(await statuses()).toEqual(['pending', 'cancelled']);
    });
  },
  SERVER_KINDS,
);
