import { expect, it } from '@jest/globals';
import type { WebhooksDatabase } from '../database/webhooks-database.js';
import { webhookWith } from '../../../../test/support/webhook.js';
import { ActiveWebhooks, bytesOf } from './active-webhooks.js';
import type { Webhook } from './webhook.js';
import type { WebhookRowMapper } from './webhook.mapper.js';

const NOW = 1_700_000_000_000;

const STORED = {
  connection_id: 'c',
  supplier_id: 's',
  updated_at: 1,
  failing_since: null,
  circuit_open_until: null,
  circuit_openings: 0,
};

/** With its fixed part, an eighth of what the cache keeps. */
const URL_LENGTH = (32 * 1024 * 1024) / 8 / 2 - 1024;

it('the cache keeps as many bytes as are allowed, and only the webhook that was used least recently is decrypted again', async () => {
  const decrypted: string[] = [];
  let asked: readonly unknown[] = [];
  const query = {
    where: (_: string, { ids }: { ids: readonly string[] }) => {
      asked = ids;
      return query;
    },
    getMany: async () => asked.map((id) => ({ id })),
  };
  const database = {
    reading: (work: (manager: { createQueryBuilder: () => typeof query }) => unknown) =>
      work({ createQueryBuilder: () => query }),
    table: () => 'octo_webhook',
    select: async (...[, , values, read]: Parameters<WebhooksDatabase['select']>) =>
      values.slice(0, -1).map((id) => read({ id, ...STORED })),
  };
  const mapper = {
    toWebhook: ({ id }: { id: string }) => {
      decrypted.push(id);
      const length = id === 'large' ? 9 * URL_LENGTH : URL_LENGTH;
      return webhookWith({ id, url: 'x'.repeat(length), signingSecrets: [], updatedAt: new Date(1) });
    },
  };
  const webhooks = new ActiveWebhooks(database as unknown as WebhooksDatabase, mapper as unknown as WebhookRowMapper, {
    now: () => NOW,
  });
  const load = async (...ids: string[]): Promise<readonly string[]> => {
    decrypted.length = 0;
    expect([...(await webhooks.load(ids)).keys()]).toEqual(ids);
    return [...decrypted];
  };

  await load(...Array.from({ length: 8 }, (_, index) => `w-${index}`));
  expect(await load('w-0')).toEqual([]);
  expect(await load('another')).toEqual(['another']);
  expect(await load('w-0', 'w-2', 'w-7')).toEqual([]);
  expect(await load('w-1')).toEqual(['w-1']);
  expect(await load('large')).toEqual(['large']);
  expect(await load('large')).toEqual(['large']);
  expect(await load('w-1')).toEqual([]);
});

it.each<[what: string, properties: Partial<Webhook>]>([
  ['its URL', { url: 'x'.repeat(1000) }],
  ['its capabilities', { capabilities: Array.from({ length: 10 }, () => 'x'.repeat(100)) }],
  ['the names of its headers', { headers: { ['x'.repeat(1000)]: '' } }],
  ['the values of its headers', { headers: { a: 'x'.repeat(1000) } }],
  ['its signing secrets', { signingSecrets: [{ secret: 'x'.repeat(1000), expiresAt: null }] }],
])('the memory of a webhook counts %s', (_, properties) => {
  const small = { url: '', capabilities: [], headers: { a: '' }, signingSecrets: [] };
  const bytes = bytesOf(webhookWith(small));
  expect(bytesOf(webhookWith({ ...small, ...properties })) - bytes).toBeGreaterThanOrEqual(2 * 999);
});
