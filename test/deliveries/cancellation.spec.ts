import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryCancellations } from '../../libs/webhooks/src/deliveries/cancel.js';
import { WebhookConnection, WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { storedText } from '../secrets/stored-text.js';
import { describeOnDatabases } from '../support/each-database.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { HOUR_MS, MaintainedHost } from '../maintenance/maintained-host.js';

const NEVER_CALLED = 'http://127.0.0.1:9/never-called';
const LEASED_MS = 60_000;

describeOnDatabases('Cancellation', (kind) => {
  const maintained = new MaintainedHost(kind, { settledMs: null, deadMs: null });
  let webhook: Webhook;

  beforeEach(async () => {
    webhook = await maintained.host.subscribe({ url: NEVER_CALLED });
  });
  afterEach(async () => {
    maintained.clock.reset();
    await maintained.clear();
    await maintained.repository(WebhookRow).deleteAll();
    await maintained.repository(WebhookConnection).deleteAll();
  });

  const setActive = (active: boolean): Promise<Webhook> =>
    maintained.host.webhooks.update(CONNECTIONS.a, webhook.id, { active }, []);
  const change = (...uuids: string[]): Promise<void> =>
    maintained.change(...uuids.map((uuid) => bookingChange(uuid, null, 'CONFIRMED')));
  const deliveries = () => maintained.repository(WebhookDelivery);
  const keyOf = (uuid: string): string => `booking_update\t${uuid}`;
  /** Claims the delivery of a booking that is due, as a dispatcher does. */
  const lease = async (uuid: string): Promise<string> => {
    const { id } = await deliveries().findOneByOrFail({ resourceKey: keyOf(uuid) });
    await deliveries().update({ id }, { leaseToken: uuidv7(), dueAt: new Date(maintained.now + LEASED_MS) });
    return id;
  };
  const statuses = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const { status } of await deliveries().findBy({ webhookId: webhook.id })) {
      counts[status] = (counts[status] ?? 0) + 1;
    }
    return counts;
  };

  it('what waits for an inactive webhook is cancelled, but not what is being sent, nor what waits for other webhooks', async () => {
    const { id: neighbour } = await maintained.host.subscribe({ url: NEVER_CALLED });
    await change('leased', 'waiting', 'lapsed', 'lapsed');
    const leased = await lease('leased');
    await lease('lapsed');
    await change('leased');
    maintained.clock.advance(LEASED_MS + 1);
    await deliveries().update({ id: leased }, { dueAt: new Date(maintained.now + LEASED_MS) });
    await maintained.maintain();
    expect(await statuses()).toEqual({ pending: 5 });

    await setActive(false);
    await maintained.maintain();
    expect(await statuses()).toEqual({ pending: 1, cancelled: 4 });
    expect(await deliveries().countBy({ webhookId: neighbour, status: 'pending' })).toBe(5);
    const cancelled = await deliveries().findBy({ status: 'cancelled' });
    for (const one of cancelled) expect(one).toMatchObject({ dueAt: null, leaseToken: NO_LEASE, attempts: 0 });
    expect(cancelled.every(({ settledAt }) => settledAt !== null && settledAt.getTime() <= maintained.now)).toBe(true);
    expect(await deliveries().findOneBy({ id: leased })).toMatchObject({ status: 'pending', settledAt: null });
  });

  it('nothing that may be secret is kept of a deleted webhook, and its row only until all its deliveries are settled', async () => {
    const { webhooks, dataSource } = maintained.host;
    webhook = await maintained.host.subscribe({
      url: 'https://planted-user:planted-password@example.com/planted-path',
      headers: { authorization: 'planted-header' },
    });
    await change('leased', 'waiting');
    const leased = await deliveries().findOneByOrFail({ webhookId: webhook.id, resourceKey: keyOf('leased') });
    await deliveries().update({ id: leased.id }, { leaseToken: uuidv7(), dueAt: new Date(maintained.now + LEASED_MS) });
    await webhooks.delete(CONNECTIONS.a, webhook.id);

    const { id } = webhook;
    const row = await maintained.repository(WebhookRow).findOneByOrFail({ id });
    expect(row).toMatchObject({ active: false, url: '', headers: '', signingSecrets: '' });
    const text = JSON.stringify(await storedText(dataSource));
    for (const secret of ['planted', webhook.signingSecret]) expect(text).not.toContain(secret);
    expect(await webhooks.connectionIds(webhook)).toEqual([]);

    await maintained.maintain();
    expect(await statuses()).toEqual({ pending: 1, cancelled: 1 });
    maintained.clock.advance(2 * HOUR_MS);
    await deliveries().update({ id: leased.id }, { dueAt: new Date(maintained.now + LEASED_MS) });
    await maintained.maintain();
    expect(await maintained.repository(WebhookRow).countBy({ id })).toBe(1);
    await maintained.settle('delivered', { id: leased.id });
    maintained.clock.advance(HOUR_MS);
    await maintained.maintain();
    expect(await maintained.repository(WebhookRow).countBy({ id })).toBe(0);
    expect(await statuses()).toEqual({ delivered: 1, cancelled: 1 });
  });

  it('a delivery that fan-out inserts after the deletion is cancelled too', async () => {
    await maintained.host.webhooks.delete(CONNECTIONS.a, webhook.id);
    await maintained.maintain();
    await maintained.wait(webhook.id, 1);
    maintained.clock.advance(2 * HOUR_MS);
    await maintained.maintain();
    expect(await statuses()).toEqual({ cancelled: 1 });
    maintained.clock.advance(HOUR_MS);
    await maintained.maintain();
    expect(await maintained.repository(WebhookRow).countBy({ id: webhook.id })).toBe(0);
  });

  it('a deleted webhook is unknown at once, whatever is asked of it', async () => {
    const { webhooks } = maintained.host;
    await webhooks.delete(CONNECTIONS.a, webhook.id);
    const unknown = { code: 'INVALID_WEBHOOK_ID' };
    for (const attempt of [
      webhooks.get(CONNECTIONS.a, webhook.id),
      webhooks.update(CONNECTIONS.a, webhook.id, { active: true }, []),
      webhooks.rotateSigningSecret(CONNECTIONS.a, webhook.id),
      webhooks.delete(CONNECTIONS.a, webhook.id),
    ]) {
      await expect(attempt).rejects.toMatchObject(unknown);
    }
    expect(await webhooks.list(CONNECTIONS.a)).toEqual([]);
    expect(await webhooks.deleteByUrl(CONNECTIONS.a, '')).toBe(0);
    expect(await webhooks.deleteByUrl(CONNECTIONS.a, NEVER_CALLED)).toBe(0);
    await change('unheard');
    expect(await statuses()).toEqual({});
  });

  it('cancellation goes on in batches, and stops when the webhook is activated in between', async () => {
    await maintained.wait(webhook.id, 600, 'lane');
    await setActive(false);
    const cancellation = maintained.host.app.get(DeliveryCancellations);
    expect(await cancellation.run()).toBe(true);
    await setActive(true);
    await change('lane', 'newer');
    expect(await cancellation.run()).toBe(false);
    expect(await statuses()).toEqual({ pending: 102, cancelled: 500 });
    // Everything before it has been cancelled, so no settling would make it due.
    const [next] = await deliveries().find({
      where: { resourceKey: keyOf('lane'), status: 'pending' },
      order: { eventSequence: 'ASC' },
    });
    expect(next?.dueAt).not.toBeNull();
  });

  it('a webhook that is activated right before the cancellation keeps its deliveries', async () => {
    await change('waiting');
    await setActive(false);
    maintained.steps.once('beforeTransaction', () => setActive(true));
    expect(await maintained.host.app.get(DeliveryCancellations).run()).toBe(false);
    expect(await statuses()).toEqual({ pending: 1 });
  });

  it('where nothing is to be cancelled, no transaction is begun', async () => {
    const inactive = await maintained.host.subscribe({ url: NEVER_CALLED });
    await change('ended', 'leased');
    await maintained.settle('delivered', { resourceKey: keyOf('ended') });
    await maintained.settle('delivered', { webhookId: inactive.id, resourceKey: keyOf('leased') });
    await change('leased');
    const leased = { leaseToken: uuidv7(), dueAt: new Date(maintained.now + LEASED_MS) };
    await deliveries().update({ webhookId: inactive.id, status: 'pending' }, leased);
    await maintained.host.webhooks.update(CONNECTIONS.a, inactive.id, { active: false }, []);
    // What waits belongs to an active webhook. Of the inactive one, everything has ended or is being sent.
    let transactions = 0;
    const stop = maintained.steps.each('beforeTransaction', async () => (transactions += 1));
    await maintained.host.app.get(DeliveryCancellations).run();
    stop();
    expect(transactions).toBe(0);
    expect(await statuses()).toEqual({ delivered: 1, pending: 2 });
  });

  it.each([
    ['what waits behind one that is being sent', { leaseToken: NO_LEASE, dueAt: null }],
    ['what a process has claimed and not settled in time', { leaseToken: uuidv7(), dueAt: new Date(0) }],
  ])('%s is cancelled', async (_, row) => {
    await change('one');
    await deliveries().update({ webhookId: webhook.id }, row);
    await setActive(false);
    await maintained.host.app.get(DeliveryCancellations).run();
    expect(await statuses()).toEqual({ cancelled: 1 });
  });

  it('what has ended stays as it is', async () => {
    await change('ended', 'waiting');
    await maintained.settle('delivered', { resourceKey: keyOf('ended') });
    await setActive(false);
    await maintained.host.app.get(DeliveryCancellations).run();
    expect(await statuses()).toEqual({ delivered: 1, cancelled: 1 });
  });
});
