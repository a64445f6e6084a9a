import { expect, it } from '@jest/globals';
import type { WebhooksDatabase } from '../database/webhooks-database.js';
import { webhookWith } from '../../../../test/support/webhook.js';
import { ActiveWebhooks } from './active-webhooks.js';
import type { WebhookRowMapper } from './webhook.mapper.js';

const NOW = 1_700_000_000_000;

it('the cache keeps 10,000 webhooks, and only the one that was used least recently is decrypted again', async () => {
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
      values
        .slice(0, -1)
        .map((id) => read({ id, updated_at: 1, failing_since: null, circuit_open_until: null, circuit_openings: 0 })),
  };
  const mapper = {
    toWebhook: ({ id }: { id: string }) => {
      decrypted.push(id);
      return webhookWith({ id, signingSecrets: [], updatedAt: new Date(1) });
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

  await load(...Array.from({ length: 10_000 }, (_, index) => `w-${index}`));
  expect(await load('w-0')).toEqual([]);
  expect(await load('another')).toEqual(['another']);
  expect(await load('w-0', 'w-2', 'w-9999')).toEqual([]);
  expect(await load('w-1')).toEqual(['w-1']);
});
