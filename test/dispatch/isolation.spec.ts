import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookPayload, type WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, startTestHost, TEST_OPTIONS, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

const BACKLOG = 100_000;
const TIMEOUT_MS = 3000;

describeOnServers('Endpoints', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let [busy, quiet]: Receiver[] = [];

  // One for each test: a backlog cannot be cleared away while it is worked on.
  beforeEach(async () => {
    database = await createTestDatabase(kind);
    [busy, quiet] = [await Receiver.listen(), await Receiver.listen()];
  });
  afterEach(async () => {
    await host.close();
    for (const receiver of [busy, quiet]) await receiver?.close();
    await database.drop();
  });

  const start = async (dispatch: WebhooksModuleOptions['dispatch'] = {}): Promise<void> => {
    const request = { ...TEST_OPTIONS.request, timeoutMs: TIMEOUT_MS };
    host = await startTestHost(database.url, { dispatch: { ...TEST_OPTIONS.dispatch, ...dispatch }, request });
  };
  /** Subscribes connection A with one receiver and connection B with the other. */
  const subscribe = async (): Promise<string> => {
    const { id } = await host.subscribe({ url: busy?.url() ?? '' });
    await host.subscribe({ url: quiet?.url() ?? '' }, CONNECTIONS.b);
    return id;
  };
  const emit = (connectionId: string, count: number) =>
    host.emitter.emitAll(
      Array.from({ length: count }, () => ({
        ...bookingChange(uuidv7(), null, 'CONFIRMED'),
        connectionIds: [connectionId],
      })),
    );

  /** Deliveries as fan-out leaves them, without the hundred thousand events. */
  const storeBacklog = async (webhookId: string): Promise<void> => {
    const sql = host.app.get(WebhooksDatabase);
    const payload = { id: uuidv7(), event_id: uuidv7(), capabilities: '[]', language: 'en', created_at: 0 };
    await sql.insert(sql.manager, WebhookPayload, [{ ...payload, body: '{"event":"booking_update","supplier":{}}' }]);
    const rows = Array.from({ length: BACKLOG }, (_, index) => ({
      id: uuidv7(),
      webhook_id: webhookId,
      payload_id: payload.id,
      event_sequence: index,
      resource_key: `booking_update\t${index}`,
      status: 'pending',
      due_at: Date.now() - BACKLOG + index,
      lease_token: NO_LEASE,
      attempts: 0,
      created_at: 0,
    }));
    await sql.transaction((manager) => sql.insert(manager, WebhookDelivery, rows));
  };

  it(`do not wait for one that has ${BACKLOG} deliveries waiting`, async () => {
    await start({ pollMs: 3_600_000 });
    const webhookId = await subscribe();
    await storeBacklog(webhookId);
    // To one that is new goes one request at once; for the second, what waits for it is claimed.
    await emit(CONNECTIONS.a.id, 2);
    await busy?.received(100);
    const before = busy?.requests.length ?? 0;
    await emit(CONNECTIONS.b.id, 1);
    await quiet?.received(1);
    // A few rounds of claims: a process holds no more than a store of them, whatever waits.
    expect((busy?.requests.length ?? 0) - before).toBeLessThan(BACKLOG / 50);
  });

  it('get no more requests at once than allowed, each and in all', async () => {
    await start({ concurrency: 5, concurrencyPerWebhook: 3 });
    await host.subscribe({ url: busy?.url('/a') ?? '' });
    await host.subscribe({ url: busy?.url('/b') ?? '' });
    if (busy !== undefined) busy.delayMs = 20;
    await emit(CONNECTIONS.a.id, 60);
    await busy?.received(120);
    expect(busy?.mostAtOnce).toEqual({ all: 5, '/a': 3, '/b': 3 });
  });

  it('are served while another does not answer: that one is asked once at a time', async () => {
    await start();
    await subscribe();
    busy?.answerAlways('never');
    await emit(CONNECTIONS.a.id, 50);
    await busy?.received(1);
    await emit(CONNECTIONS.b.id, 200);
    await quiet?.received(200);
    expect(busy?.mostAtOnce['all']).toBe(1);
    const claimed = host.dataSource
      .getRepository(WebhookDelivery)
      .createQueryBuilder()
      .where('lease_token <> :none', { none: NO_LEASE });
    // What had been claimed in store for it is given back for other processes.
    await waitUntil('the rest to be given back', async () => (await claimed.getCount()) <= 1);
  });
});
