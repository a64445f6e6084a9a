import { beforeEach, expect, it } from '@jest/globals';
import { WebhookEncryption, type Webhook } from 'nestjs-octo-webhooks';
import { WebhookConnection } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { untilLockWait } from '../support/lock-waits.js';
import { CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const { a, b } = CONNECTIONS;
const UNKNOWN = { code: 'INVALID_WEBHOOK_ID' };

describeOnDatabases(
  'A stored webhook',
  (kind) => {
    const steps = new DatabaseSteps();
    const host = useTestHost(kind, { dispatch: { enabled: false } }, { overrides: [watchedDatabase(steps)] });
    let [first, second, ofB]: Webhook[] = [];

    beforeEach(async () => {
      await emptyTables(host.dataSource);
      const url = 'http://127.0.0.1:9/never-called';
      [first, second, ofB] = [
        await host.subscribe({ url }),
        await host.subscribe({ url }),
        await host.subscribe({ url }, b),
      ];
    });

    const idOf = (webhook: Webhook | undefined): string => webhook?.id ?? '';
    const listed = async (connection: typeof a | typeof b) =>
      (await host.webhooks.list(connection)).map(({ id }) => id);

    it('is seen by its connection alone, by its own id alone, and until it is deleted', async () => {
      expect(await listed(a)).toEqual([idOf(first), idOf(second)]);
      expect(await listed(b)).toEqual([idOf(ofB)]);
      for (const one of [first, second]) {
        expect(await host.webhooks.get(a, idOf(one))).toMatchObject({ id: one?.id });
        await expect(host.webhooks.get(b, idOf(one))).rejects.toMatchObject(UNKNOWN);
      }
      await host.webhooks.delete(a, idOf(first));
      expect(await listed(a)).toEqual([idOf(second)]);
      await expect(host.webhooks.get(a, idOf(first))).rejects.toMatchObject(UNKNOWN);
      expect(await host.webhooks.get(a, idOf(second))).toMatchObject({ id: second?.id });
    });

    it('is listed once, in pages that are bounded, and page by page with all others', async () => {
      for (let count = 0; count < 39; count += 1) await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      const all: string[] = [];
      for await (const { id } of host.webhooks.all(a)) all.push(id);
      expect(all).toHaveLength(41);
      expect(all.slice(0, 2)).toEqual([idOf(first), idOf(second)]);
      const page = async (after?: string) => (await host.webhooks.list(a, after)).map(({ id }) => id);
      expect(await page()).toEqual(all.slice(0, 20));
      expect(await page(all[19]?.toUpperCase())).toEqual(all.slice(20, 40));
      expect(await page(all[39])).toEqual(all.slice(40));
      await expect(page('no id')).rejects.toMatchObject({ ...UNKNOWN, offending: { webhookId: 'no id' } });
    });

    it('has the connections that were named for it, and not those of another', async () => {
      await host.dataSource.getRepository(WebhookConnection).insert({ webhookId: idOf(second), connectionId: 'c' });
      for (const [one, ids] of [
        [first, [a.id]],
        [second, ['c', a.id]],
        [ofB, [b.id]],
      ] as const) {
        expect(one === undefined ? [] : (await host.webhooks.connectionIds(one)).sort()).toEqual(ids);
      }
    });

    it('when two edits come at once, neither is lost', async () => {
      let later: Promise<unknown> = Promise.resolve();
      steps.once('beforeCommit', async () => {
        later = host.webhooks.update(a, idOf(first), { useContactLanguage: true }, []);
        await untilLockWait(host.dataSource, later);
      });
      await host.webhooks.update(a, idOf(first), { url: 'http://127.0.0.1:9/new' }, []);
      await later;
      expect(await host.webhooks.get(a, idOf(first))).toMatchObject({
        url: 'http://127.0.0.1:9/new',
        useContactLanguage: true,
      });
    });

    it('when it is edited while all are encrypted anew, the edit waits; what is deleted is left out', async () => {
      await host.webhooks.delete(a, idOf(second));
      const ended: string[] = [];
      let later: Promise<unknown> = Promise.resolve();
      steps.once('beforeCommit', async () => {
        later = host.webhooks.update(a, idOf(first), { active: true }, []).then(() => ended.push('edit'));
        await untilLockWait(host.dataSource, later);
        ended.push('encryption');
      });
      expect(await host.app.get(WebhookEncryption).reencrypt()).toEqual({ rewritten: 0, unreadable: [] });
      await later;
      expect(ended).toEqual(['encryption', 'edit']);
    });
  },
  SERVER_KINDS,
);
