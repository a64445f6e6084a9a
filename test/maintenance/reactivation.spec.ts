import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookEncryption, type Webhook } from 'nestjs-octo-webhooks';
import { HEALTHY, type WebhookHealth } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { WebhookRowMapper } from '../../libs/webhooks/src/subscriptions/webhook.mapper.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { CONNECTIONS, startTestHost, type RunningHost } from '../support/test-host.js';

const URL_1 = 'http://127.0.0.1:9/first';
const ILL: WebhookHealth = {
  deactivatedAt: new Date(4),
  deactivationReason: 'failing',
  failingSince: new Date(1),
  circuitOpenUntil: new Date(3),
  circuitOpenings: 2,
};

describeOnServers('The health of a webhook', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let webhook: Webhook;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false } });
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });
  beforeEach(async () => {
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
  ])('is forgotten with %s', async (_, settings) => {
    expect(await update(settings)).toMatchObject({ ...HEALTHY, ...settings });
    expect(await stored()).toMatchObject({ ...HEALTHY, active: 'active' in settings });
  });

  it.each([
    ['nothing', {}],
    ['active: false', { active: false }],
    ['the same URL', { url: URL_1 }],
    ['headers', { headers: { 'x-new': 'header' } }],
  ])('is kept with %s', async (_, settings) => {
    expect(await update(settings)).toMatchObject(ILL);
    expect(await stored()).toMatchObject({ ...ILL, capabilities: ['octo/content'] });
  });

  it('is not written by what edits, rotates and encrypts anew, however old what they have read', async () => {
    const mapper = host.app.get(WebhookRowMapper);
    const toWebhook = mapper.toWebhook.bind(mapper);
    // As if another process had written between the reading and the writing.
    mapper.toWebhook = (row) => ({ ...toWebhook(row), ...HEALTHY });
    mapper.isCurrent = () => false;
    await update({ headers: { 'x-new': 'header' } });
    await host.webhooks.rotateSigningSecret(CONNECTIONS.a, webhook.id);
    await host.app.get(WebhookEncryption).reencrypt();
    mapper.toWebhook = toWebhook;
    expect(await stored()).toMatchObject(ILL);
    expect(await host.webhooks.get(CONNECTIONS.a, webhook.id)).toMatchObject({ headers: { 'x-new': 'header' } });
  });
});
