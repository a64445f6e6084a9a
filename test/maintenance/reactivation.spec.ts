import { beforeEach, expect, it } from '@jest/globals';
import { WebhookEncryption, type Webhook } from 'nestjs-octo-webhooks';
import { HEALTHY, type WebhookHealth } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { WebhookRowMapper } from '../../libs/webhooks/src/subscriptions/webhook.mapper.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { describeOnServers } from '../support/each-database.js';
import { TestClock } from '../support/test-clock.js';
import { CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

const URL_1 = 'http://127.0.0.1:9/first';
const ILL: WebhookHealth = {
  deactivatedAt: new Date(4),
  deactivationReason: 'failing',
  failingSince: new Date(1),
  circuitOpenUntil: new Date(3),
  circuitOpenings: 2,
};

describeOnServers('The health of a webhook', (kind) => {
  /** Whether to pretend that another process has written between the read and the write. */
  let readsLate = false;
  class LateMapper extends WebhookRowMapper {
    override toWebhook(row: WebhookRow): Webhook {
      return readsLate ? { ...super.toWebhook(row), ...HEALTHY } : super.toWebhook(row);
    }

    override isCurrent(row: WebhookRow): boolean {
      return !readsLate && super.isCurrent(row);
    }
  }
  const clock = new TestClock();
  const parts = { overrides: [[WebhookRowMapper, LateMapper] as const], extras: { clock: { useValue: clock } } };
  const host = useTestHost(kind, { dispatch: { enabled: false } }, parts);
  let webhook: Webhook;

  beforeEach(async () => {
    clock.stop();
    webhook = await host.subscribe({ url: URL_1, active: false });
    await rows().update({ id: webhook.id }, ILL);
  });

  const rows = () => host.dataSource.getRepository(WebhookRow);
  const stored = () => rows().findOneByOrFail({ id: webhook.id });
  const update = (settings: { active?: boolean; url?: string; headers?: Record<string, string> }): Promise<Webhook> =>
    host.webhooks.update(CONNECTIONS.a, webhook.id, settings, ['octo/content']);

  it.each([
    ['active: true', { active: true }],
    ['another URL', { url: `${URL_1}-and-another` }],
  ])('%s forgets it', async (_, settings) => {
    expect(await update(settings)).toMatchObject({ ...HEALTHY, ...settings });
    expect(await stored()).toMatchObject({ ...HEALTHY, active: 'active' in settings });
  });

  it('active: true keeps it when the webhook was not deactivated, and its circuit is not open', async () => {
    const failing = { ...HEALTHY, failingSince: new Date(1) };
    await rows().update({ id: webhook.id }, failing);
    expect(await update({ active: true })).toMatchObject({ ...failing, active: true, healedAt: null });
    expect(await stored()).toMatchObject({ ...failing, healedAt: null });
    expect(await update({ url: `${URL_1}-and-another` })).toMatchObject(HEALTHY);
  });

  it.each([
    ['active: true', () => ({ active: true })],
    ['other URLs', (time: number) => ({ url: `${URL_1}-${time}` })],
  ])('%s in a loop forgets it once a minute', async (_, settings) => {
    await rows().update({ id: webhook.id }, { active: true });
    const open = { ...ILL, deactivatedAt: null, deactivationReason: null };
    for (let minute = 0; minute < 2; minute += 1) {
      await rows().update({ id: webhook.id }, open);
      expect(await update(settings(minute))).toMatchObject({ ...HEALTHY, healedAt: new Date(clock.now()) });
      const healed = await stored();
      await rows().update({ id: webhook.id }, open);
      clock.advance(59_999);
      expect(await update(settings(minute + 0.5))).toMatchObject({ ...open, healedAt: healed.healedAt });
      expect(await stored()).toMatchObject({ ...open, healedAt: healed.healedAt });
      clock.advance(1);
    }
  });

  it('active: true ends a deactivation at any time, and within the minute it keeps the rest', async () => {
    await update({ active: true });
    await rows().update({ id: webhook.id }, { ...ILL, active: false });
    const kept = { ...ILL, deactivatedAt: null, deactivationReason: null, active: true };
    expect(await update({ active: true })).toMatchObject(kept);
    expect(await stored()).toMatchObject(kept);
  });

  it('another URL within the minute keeps all of it while the webhook is inactive', async () => {
    await update({ url: `${URL_1}-1` });
    await rows().update({ id: webhook.id }, ILL);
    expect(await update({ url: `${URL_1}-2` })).toMatchObject({ ...ILL, active: false });
    expect(await stored()).toMatchObject({ ...ILL, active: false });
  });

  it.each([
    ['nothing', {}],
    ['active: false', { active: false }],
    ['the same URL', { url: URL_1 }],
    ['headers', { headers: { 'x-new': 'header' } }],
  ])('%s keeps it', async (_, settings) => {
    expect(await update(settings)).toMatchObject(ILL);
    expect(await stored()).toMatchObject({ ...ILL, capabilities: '["octo/content"]' });
  });

  it('it is not overwritten by an update, a rotation or a re-encryption that has read an older state', async () => {
    readsLate = true;
    await update({ headers: { 'x-new': 'header' } });
    await host.webhooks.rotateSigningSecret(CONNECTIONS.a, webhook.id);
    await host.app.get(WebhookEncryption).reencrypt();
    readsLate = false;
    expect(await stored()).toMatchObject(ILL);
    expect(await host.webhooks.get(CONNECTIONS.a, webhook.id)).toMatchObject({ headers: { 'x-new': 'header' } });
  });
});
