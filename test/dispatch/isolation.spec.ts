import { expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookPayload } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { describeOnServers } from '../support/each-database.js';
import { everyChangeFannedOut } from '../support/outbox-state.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, TEST_OPTIONS } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const BACKLOG = 100_000;
const TIMEOUT_MS = 3000;

describeOnServers('The receivers of one process', (kind) => {
  const [busy, quiet] = [useReceiver(), useReceiver()];
  // A database for each test: a backlog cannot be cleared away while it is worked on.
  const host = useTestHosts(kind, { request: { ...TEST_OPTIONS.request, timeoutMs: TIMEOUT_MS } });

  /** Subscribes connection A with one receiver and connection B with the other. */
  const subscribe = async (): Promise<string> => {
    const { id } = await host.subscribe({ url: busy.url() });
    await host.subscribe({ url: quiet.url() }, CONNECTIONS.b);
    return id;
  };
  const emit = (connectionId: string, count: number) =>
    host.emitter.emitAll(
      Array.from({ length: count }, () => ({
        ...bookingChange(uuidv7(), null, 'CONFIRMED'),
        connectionIds: [connectionId],
      })),
    );

  /** Inserts deliveries as fan-out does, but without the hundred thousand events. */
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

  it(`a receiver does not wait for another one that has ${BACKLOG} deliveries waiting`, async () => {
    await host.start({ dispatch: { pollMs: 3_600_000 } });
    const webhookId = await subscribe();
    await storeBacklog(webhookId);
    // A new receiver has one free slot, which the first delivery takes. The second, and with it the backlog, is claimed.
    busy.hold();
    await emit(CONNECTIONS.a.id, 2);
    await busy.received(1);
    await everyChangeFannedOut(host.dataSource.manager);
    busy.release();
    await busy.received(100);
    const before = busy.requests.length;
    await emit(CONNECTIONS.b.id, 1);
    await quiet.received(1);
    // A few rounds of claims: a process holds no more than its own backlog of them, whatever waits in the database.
    expect(busy.requests.length - before).toBeLessThan(BACKLOG / 50);
  });

  it('no more requests run at once than allowed for each receiver and in all', async () => {
    await host.start({
      dispatch: { ...TEST_OPTIONS.dispatch, concurrency: 5, concurrencyPerWebhook: 3, connectionShare: 1 },
    });
    await host.subscribe({ url: busy.url('/a') });
    await host.subscribe({ url: busy.url('/b') });
    busy.delayMs = 20;
    await emit(CONNECTIONS.a.id, 60);
    await busy.received(120);
    expect(busy.mostAtOnce).toEqual({ all: 5, '/a': 3, '/b': 3 });
  });

  it('however many receivers of one connection do not answer, they hold a quarter of all requests', async () => {
    await host.start({ dispatch: { ...TEST_OPTIONS.dispatch, concurrency: 8 } });
    for (let index = 0; index < 20; index += 1) await host.subscribe({ url: busy.url(`/${index}`) });
    await host.subscribe({ url: quiet.url() }, CONNECTIONS.b);
    busy.hold();
    await emit(CONNECTIONS.a.id, 3);
    await busy.received(2);
    await emit(CONNECTIONS.b.id, 200);
    await quiet.received(200);
    expect(busy.mostAtOnce['all']).toBe(2);
    busy.release();
    await busy.received(60);
  });

  it('while a receiver does not answer, it gets one request at a time, and the others are served', async () => {
    await host.start();
    await subscribe();
    busy.answerAlways('never');
    await emit(CONNECTIONS.a.id, 50);
    await busy.received(1);
    await emit(CONNECTIONS.b.id, 200);
    await quiet.received(200);
    expect(busy.mostAtOnce['all']).toBe(1);
    const claimed = host.dataSource
      .getRepository(WebhookDelivery)
      .createQueryBuilder()
      .where('lease_token <> :none', { none: NO_LEASE });
    // Deliveries that were claimed ahead for it are given back, for other processes.
    await waitUntil('the rest to be given back', async () => (await claimed.getCount()) <= 1);
  });
});
