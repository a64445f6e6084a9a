import { beforeEach, expect, it } from '@jest/globals';
import { OctoError, type OctoConnection, type Webhook } from 'nestjs-octo-webhooks';
import { WebhookOwner } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { describeOnDatabases, describeOnServers } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

const { a, b } = CONNECTIONS;
const LIMIT = 3;
const NEVER_CALLED = 'http://127.0.0.1:9/never-called';

describeOnDatabases('The number of webhooks of a connection', (kind) => {
  const host = useTestHost(kind, {
    dispatch: { enabled: false },
    limits: { webhooksPerConnection: LIMIT },
  });

  beforeEach(() => emptyTables(host.dataSource));

  const subscribe = (connection: OctoConnection = a): Promise<Webhook> =>
    host.subscribe({ url: NEVER_CALLED }, connection);
  const refusal = expect.objectContaining({
    code: 'UNPROCESSABLE_ENTITY',
    message: 'This connection has 3 webhooks, and may have 3 at most. Delete one first.',
    offending: { webhooksPerConnection: LIMIT },
  });

  it('ends at the limit, which the error names, and another connection has its own', async () => {
    for (let count = 0; count < LIMIT; count += 1) await subscribe();
    await expect(subscribe()).rejects.toEqual(refusal);
    await expect(subscribe()).rejects.toBeInstanceOf(OctoError);
    expect(await subscribe(b)).toMatchObject({ connectionId: b.id });
    expect(await host.webhooks.list(a)).toHaveLength(LIMIT);
  });

  it('does not count those that were deleted', async () => {
    const [first] = [await subscribe(), await subscribe(), await subscribe()];
    await host.webhooks.delete(a, first.id);
    await subscribe();
    await expect(subscribe()).rejects.toEqual(refusal);
  });

  it('is not passed by requests at the same time, whether the connection has webhooks yet or not', async () => {
    for (const expected of [LIMIT, 1]) {
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => subscribe()));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(expected);
      expect(results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))).toEqual(
        Array.from({ length: 8 - expected }, () => refusal),
      );
      const listed = await host.webhooks.list(a);
      expect(listed).toHaveLength(LIMIT);
      await host.webhooks.delete(a, listed[0]?.id ?? '');
    }
  });
});

describeOnServers('Connections that subscribe at the same time', (kind) => {
  const host = useTestHost(kind, { dispatch: { enabled: false } });

  it.each<[OctoConnection, OctoConnection]>([
    [a, b],
    [b, a],
  ])('do not wait for each other: %j is locked', async (locked, free) => {
    for (const connection of [a, b]) await host.subscribe({ url: NEVER_CALLED }, connection);
    const before = (await host.webhooks.list(free)).length;
    await host.dataSource.transaction(async (manager) => {
      const where = { connectionId: locked.id };
      await manager.findOneOrFail(WebhookOwner, { where, lock: { mode: 'pessimistic_write' } });
      await host.subscribe({ url: NEVER_CALLED }, free);
    });
    expect(await host.webhooks.list(free)).toHaveLength(before + 1);
  });
});
