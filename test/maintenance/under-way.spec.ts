import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery } from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { bookingChange, CONNECTIONS, startTestHost, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnDatabases('A running application', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Server;
  /** Requests that have come and are not answered yet. */
  const open: ServerResponse[] = [];

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { retention: { settledMs: null, deadMs: null } });
    receiver = createServer((_, response) => open.push(response));
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    receiver.closeAllConnections();
    await host.close();
    receiver.close();
    await database.drop();
  });

  it.each([
    ['deleted', (id: string) => host.webhooks.delete(CONNECTIONS.a, id)],
    ['deactivated', (id: string) => host.webhooks.update(CONNECTIONS.a, id, { active: false }, [])],
  ])(
    'cancels at once what waits for a webhook that is %s, and lets what is under way come to its end',
    async (_, end) => {
      const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
      const { id } = await host.subscribe({ url });
      const deliveries = host.dataSource.getRepository(WebhookDelivery);
      const statuses = async (): Promise<string[]> =>
        (await deliveries.find({ where: { webhookId: id }, order: { eventSequence: 'ASC' } })).map(
          ({ status }) => status,
        );
      for (const state of ['first', 'second', 'third']) await host.emitter.emit(bookingChange(id, null, state));
      await waitUntil('the first request', () => open.length === 1);
      await waitUntil('the others to wait', async () => (await statuses()).length === 3);

      await end(id);
      await waitUntil(
        'what waits to be cancelled',
        async () => (await deliveries.countBy({ status: 'cancelled', webhookId: id })) === 2,
      );
      expect(await statuses()).toEqual(['pending', 'cancelled', 'cancelled']);
      open.pop()?.writeHead(200).end();
      await waitUntil('the first to be settled', async () => (await statuses())[0] !== 'pending');
      expect(await statuses()).toEqual(['delivered', 'cancelled', 'cancelled']);
      const delivered = await deliveries.findOneByOrFail({ webhookId: id, status: 'delivered' });
      expect(await host.dataSource.getRepository(WebhookAttempt).countBy({ deliveryId: delivered.id })).toBe(1);
      expect(open).toEqual([]);
    },
  );
});
