import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import {
  WEBHOOK_DELIVERIES_DROPPED,
  WebhookAttempt,
  WebhookDelivery,
  type Webhook,
  type WebhookOperationalEvent,
} from 'nestjs-octo-webhooks';
import { NIL, v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryDrops } from '../../libs/webhooks/src/deliveries/drop.js';
import { describeOnServers } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { HOUR_MS, MaintainedHost } from './maintained-host.js';

const NEVER_CALLED = 'http://127.0.0.1:9/never-called';
const MOST = 4;
const keyOf = (uuid: string): string => `booking_update\t${uuid}`;

describeOnServers('What waits for a webhook', (kind) => {
  const limits = { pendingForMs: HOUR_MS, pendingDeliveriesPerWebhook: MOST };
  const maintained = new MaintainedHost(kind, { settledMs: null, deadMs: null }, limits, [
    EventEmitterModule.forRoot(),
  ]);
  const deliveries = () => maintained.repository(WebhookDelivery);
  let webhook: Webhook;
  let told: WebhookOperationalEvent[];

  beforeEach(async () => {
    maintained.clock.stop();
    await emptyTables(maintained.host.dataSource);
    webhook = await maintained.host.subscribe({ url: NEVER_CALLED });
    told = [];
    const listener = (event: WebhookOperationalEvent): void => void told.push(event);
    maintained.host.app.get(EventEmitter2).removeAllListeners().on(WEBHOOK_DELIVERIES_DROPPED, listener);
  });
  afterEach(() => maintained.clock.reset());

  /** Bookings change one after the other, and their deliveries wait. */
  const wait = async (...uuids: string[]): Promise<void> => {
    for (const uuid of uuids) await maintained.change(bookingChange(uuid, null, 'CONFIRMED'));
  };
  const lease = (uuid: string, endsAt = maintained.now + 2 * HOUR_MS) =>
    deliveries().update({ resourceKey: keyOf(uuid) }, { leaseToken: uuidv7(), dueAt: new Date(endsAt) });
  /** The bookings whose deliveries to a webhook have a status. */
  const bookings = async (status: WebhookDelivery['status'], webhookId = webhook.id): Promise<string[]> => {
    const found = await deliveries().find({ where: { webhookId, status }, order: { eventSequence: 1 } });
    return found.map(({ resourceKey }) => resourceKey.slice(keyOf('').length));
  };
  const report = (reason: string, count: number, of = webhook) => {
    const { id: webhookId, connectionId, supplierId, event } = of;
    return { webhookId, connectionId, supplierId, event, reason, deliveries: count };
  };

  describe('for too long', () => {
    it('is dead with its reason, but not what is younger or being sent', async () => {
      await wait('old', 'sent', 'lapsed');
      await lease('sent');
      await lease('lapsed', maintained.now + 1);
      maintained.clock.advance(1);
      await wait('young');
      maintained.clock.advance(HOUR_MS - 1);
      await maintained.maintain();

      expect(await bookings('dead')).toEqual(['old', 'lapsed']);
      expect(await bookings('pending')).toEqual(['sent', 'young']);
      const [dead] = await deliveries().findBy({ resourceKey: keyOf('old') });
      const settledAt = new Date(maintained.now);
      expect(dead).toMatchObject({ status: 'dead', attempts: 1, settledAt, dueAt: null, leaseToken: NO_LEASE });
      const attempts = await maintained.repository(WebhookAttempt).findBy({ deliveryId: dead?.id ?? '' });
      const failureMessage = 'Waited for 3600000 ms, the most that limits.pendingForMs allows.';
      const nothing = { durationMs: 0, responseStatus: null, responseBody: null };
      expect(attempts).toMatchObject([
        { ...nothing, number: 1, startedAt: settledAt, failure: 'expired', failureMessage },
      ]);
      expect(told).toEqual([report('expired', 2)]);
    });

    it('does not hold up the next change of its resource', async () => {
      await wait('lane');
      maintained.clock.advance(1);
      await wait('lane');
      expect((await deliveries().findBy({ dueAt: new Date(maintained.now) })).length).toBe(0);
      maintained.clock.advance(HOUR_MS - 1);
      await maintained.maintain();
      const lane = await deliveries().find({ order: { eventSequence: 1 } });
      expect(lane).toMatchObject([{ status: 'dead' }, { status: 'pending', dueAt: new Date(maintained.now) }]);
    });
  });

  describe('beyond the limit', () => {
    it('is dead with its reason, the oldest first, but not what is being sent', async () => {
      await wait('a', 'sent', 'c', 'd', 'e', 'f', 'g');
      await lease('sent');
      await maintained.maintain();
      expect(await bookings('dead')).toEqual(['a', 'c']);
      expect(await bookings('pending')).toEqual(['sent', 'd', 'e', 'f', 'g']);
      const [attempt] = await maintained.repository(WebhookAttempt).find();
      const failureMessage = `More than ${MOST} waited, the most that limits.pendingDeliveriesPerWebhook allows, and this was among the oldest.`;
      expect(attempt).toMatchObject({ number: 1, failure: 'overflow', failureMessage });
      expect(told).toEqual([report('overflow', 2)]);
    });

    it('is nothing where as many wait as may', async () => {
      await wait('a', 'b', 'c', 'd');
      await maintained.maintain();
      expect(await bookings('pending')).toHaveLength(MOST);
      expect(told).toEqual([]);
    });

    it('is dropped in batches, each of which is reported', async () => {
      await maintained.wait(webhook.id, 600 + MOST);
      await maintained.maintain();
      expect(await bookings('dead')).toHaveLength(600);
      expect(told).toEqual([report('overflow', 500), report('overflow', 100)]);
    });

    it('is dropped once, even if several processes do it at the same time', async () => {
      await maintained.wait(webhook.id, 30);
      const drops = maintained.host.app.get(DeliveryDrops);
      const dropped = await Promise.all([1, 2, 3].map(() => drops.drop(webhook.id, 'overflow')));
      expect(dropped.reduce((sum, one) => sum + one, 0)).toBe(30 - MOST);
      expect(await maintained.repository(WebhookAttempt).count()).toBe(30 - MOST);
      expect(await bookings('pending')).toHaveLength(MOST);
    });
  });

  it('is not dropped when no more than may still wait, because another process was faster', async () => {
    await maintained.wait(webhook.id, MOST);
    const drops = maintained.host.app.get(DeliveryDrops);
    expect(await drops.drop(webhook.id, 'overflow')).toBe(0);
    expect(await drops.drop(webhook.id, 'expired')).toBe(0);
    expect(await bookings('pending')).toHaveLength(MOST);
  });

  it('does not include what has ended, what waits for others, or for an inactive webhook', async () => {
    await wait('ended-1', 'ended-2');
    await maintained.settle('delivered', {});
    await maintained.wait(webhook.id, MOST);
    const other = await maintained.host.subscribe({ url: NEVER_CALLED }, CONNECTIONS.b);
    const inactive = await maintained.host.subscribe({ url: NEVER_CALLED, active: false });
    await maintained.wait(inactive.id, MOST + 1);
    const drops = maintained.host.app.get(DeliveryDrops);
    const found = await drops.waiting(NIL, 10);
    expect(found).toEqual([webhook, other].map(({ id }) => ({ id, reasons: [] })));
    expect(await drops.drop(webhook.id, 'overflow')).toBe(0);
  });

  it('includes what waits behind another of its resource', async () => {
    await maintained.wait(webhook.id, MOST + 2, 'lane');
    await maintained.maintain();
    expect(await bookings('dead')).toHaveLength(2);
    expect(await deliveries().countBy({ dueAt: new Date(maintained.now) })).toBe(1);
  });

  it('is not what waits for its neighbours', async () => {
    const other = await maintained.host.subscribe({ url: NEVER_CALLED }, CONNECTIONS.b);
    await maintained.wait(webhook.id, MOST + 1);
    await maintained.wait(other.id, MOST);
    await maintained.maintain();
    expect(await bookings('dead')).toHaveLength(1);
    expect(await bookings('pending', other.id)).toHaveLength(MOST);
  });

  it('is bounded for every webhook, however many there are', async () => {
    const webhooks = [webhook];
    for (let index = 1; index < 101; index += 1) {
      const connection = { ...CONNECTIONS.a, id: `connection-${index}` };
      webhooks.push(await maintained.host.subscribe({ url: NEVER_CALLED }, connection));
    }
    for (const { id } of webhooks) await maintained.wait(id, MOST + 1);
    await maintained.maintain();
    expect(await deliveries().countBy({ status: 'pending' })).toBe(101 * MOST);
    expect(new Set(told.map(({ webhookId }) => webhookId)).size).toBe(101);
    // The next sweep begins with the first webhook again.
    maintained.clock.advance(10);
    await maintained.wait(webhook.id, 1);
    await maintained.maintain();
    expect(await deliveries().countBy({ status: 'pending' })).toBe(101 * MOST);
  });

  it('is cancelled, and not dropped, when the webhook is inactive', async () => {
    await wait('a', 'b');
    await maintained.host.webhooks.update(CONNECTIONS.a, webhook.id, { active: false }, []);
    maintained.clock.advance(HOUR_MS);
    await maintained.maintain();
    expect(await bookings('cancelled')).toEqual(['a', 'b']);
    expect(told).toEqual([]);
  });
});

describeOnServers('What waits for a webhook without an age limit', (kind) => {
  const maintained = new MaintainedHost(kind, { settledMs: null, deadMs: null }, { pendingForMs: null });

  it('waits for ever', async () => {
    const { id } = await maintained.host.subscribe({ url: NEVER_CALLED });
    await maintained.wait(id, 1);
    maintained.clock.advance(3650 * 24 * HOUR_MS);
    await maintained.maintain();
    expect(await maintained.repository(WebhookDelivery).countBy({ status: 'pending' })).toBe(1);
  });
});
