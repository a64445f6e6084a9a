import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  WebhookAttempt,
  WebhookDelivery,
  WebhookEvent,
  type BookingChange,
  type JsonObject,
  type ResourceSnapshot,
  type Webhook,
  type WebhookView,
} from 'nestjs-octo-webhooks';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { TestLog } from '../support/test-log.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';
import { LOCAL_REQUESTS } from '../support/local-requests.js';

type Fault = (resource: ResourceSnapshot) => Promise<JsonObject>;

const HOUR_MS = 3_600_000;

const throwing: Fault = () => Promise.reject(new Error('No content for this product.'));
/** What the host's port does wrong, by the part of it. */
const faults: { content: Fault | null; supplier: boolean; locales: boolean } = {
  content: null,
  supplier: false,
  locales: false,
};

/** Cannot serialize with `octo/content` in a way that the test chooses. */
class FaultyHost extends TestWebhooksHost {
  override async supplier(id: string): Promise<JsonObject> {
    if (faults.supplier) throw new Error('The supplier is away.');
    return super.supplier(id);
  }

  override async serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject> {
    if (!view.capabilities.includes('octo/content')) return resource.state;
    return faults.content === null ? resource.state : faults.content(resource);
  }

  override languages(): Promise<readonly string[]> {
    return Promise.resolve(['en', 'de']);
  }

  override contactLocales(resource: ResourceSnapshot): readonly string[] {
    if (faults.locales) throw new Error('The guest is unknown.');
    return super.contactLocales(resource);
  }
}

const tests = (kind: DatabaseKind): void => {
  const log = new TestLog();
  const receiver = useReceiver();
  const options = { request: { ...LOCAL_REQUESTS, maxBodyBytes: 20_000 } };
  const hosts = useTestHosts(kind, options, { logger: log, extras: { host: FaultyHost } });

  beforeEach(() => {
    Object.assign(faults, { content: null, supplier: false, locales: false });
    log.clear();
  });

  /** Starts a host with two webhooks, one of them with `octo/content`. */
  async function start(delaysMs: number[] = [50]): Promise<{ plain: Webhook; content: Webhook }> {
    const host = await hosts.start({ retry: { delaysMs, jitter: 0 } });
    const subscribe = (path: string, capabilities: string[]) =>
      host.webhooks.create(CONNECTIONS.a, { event: 'booking_update', url: receiver.url(path) }, capabilities);
    return { plain: await subscribe('/plain', []), content: await subscribe('/content', ['octo/content']) };
  }
  const emit = (after: string, given?: Partial<BookingChange>): Promise<unknown> => {
    const { before: _before, ...change } = bookingChange('booking-1', null, after);
    return hosts.emitter.emit({ ...change, ...given });
  };
  const got = (path: string): unknown[] =>
    receiver.requests.filter((request) => request.path === path).map(({ body }) => body.booking?.['status']);
  const deliveriesTo = ({ id }: Webhook): Promise<WebhookDelivery[]> =>
    hosts.dataSource.getRepository(WebhookDelivery).find({ where: { webhookId: id }, order: { eventSequence: 1 } });
  const attemptsOf = ({ id }: WebhookDelivery): Promise<WebhookAttempt[]> =>
    hosts.dataSource.getRepository(WebhookAttempt).find({ where: { deliveryId: id }, order: { number: 1 } });
  const ended = (webhook: Webhook, ...statuses: string[]): Promise<void> =>
    waitUntil(`deliveries that are ${statuses.join(', ')}`, async () => {
      const deliveries = await deliveriesTo(webhook);
      return deliveries.map(({ status }) => status).join() === statuses.join();
    });
  /** Makes due what waits to be tried again. */
  const hurry = async (): Promise<void> => {
    const database = hosts.app.get(WebhooksDatabase);
    const sql = `UPDATE ${database.table(WebhookDelivery)} SET due_at = ? WHERE due_at > ? AND status = 'pending'`;
    await database.change(database.manager, sql, [Date.now(), Date.now() + HOUR_MS / 2]);
  };
  const eventsStatuses = async (): Promise<string[]> =>
    (await hosts.dataSource.getRepository(WebhookEvent).find()).map(({ status }) => status);

  describe.each<[string, Fault, string]>([
    ['throws', throwing, 'No content for this product.'],
    [
      'makes too large a body',
      ({ state }) => Promise.resolve({ ...state, content: 'x'.repeat(50_000) }),
      'request.maxBodyBytes allows 20000',
    ],
    ['returns nothing', () => Promise.resolve(JSON.parse('null') as JsonObject), 'must be a JSON object'],
  ])('when the serializer %s for it', (_, fault, reason) => {
    it('webhooks with another view get the change at once, and its own are tried again and then dead, with the reason', async () => {
      const { plain, content } = await start();
      faults.content = fault;
      await emit('ON_HOLD');
      await ended(plain, 'delivered');
      await ended(content, 'dead');
      expect(got('/plain')).toEqual(['ON_HOLD']);
      expect(got('/content')).toEqual([]);
      expect(await eventsStatuses()).toEqual(['fanned_out']);
      const [dead] = await deliveriesTo(content);
      const attempts = dead === undefined ? [] : await attemptsOf(dead);
      expect(attempts).toHaveLength(2);
      for (const attempt of attempts) {
        expect(attempt).toMatchObject({ failure: 'payload', failureMessage: expect.stringContaining(reason) });
      }
      expect(log.problems).toContainEqual(expect.stringContaining(content.id));
    });
  });

  it('when it can be made again, its webhooks get all changes in order, each with the diff to the one before', async () => {
    const { plain, content } = await start([50, HOUR_MS]);
    faults.content = throwing;
    for (const status of ['ON_HOLD', 'CONFIRMED', 'CANCELLED']) await emit(status);
    await ended(plain, 'delivered', 'delivered', 'delivered');
    await waitUntil('two attempts', async () => (await deliveriesTo(content))[0]?.attempts === 2);
    expect(got('/content')).toEqual([]);

    faults.content = null;
    await hurry();
    await ended(content, 'delivered', 'delivered', 'delivered');
    expect(got('/content')).toEqual(['ON_HOLD', 'CONFIRMED', 'CANCELLED']);
    const diffs = receiver.requests.filter(({ path }) => path === '/content').map(({ body }) => body.diff);
    expect(diffs).toEqual([
      [],
      [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }],
      [{ op: 'replace', path: '/status', was: 'CONFIRMED', value: 'CANCELLED' }],
    ]);
  });

  it('a state that could not be made is no poison: the next diff is to the last state that was told', async () => {
    const { content } = await start();
    await emit('ON_HOLD');
    await ended(content, 'delivered');
    faults.content = (resource) =>
      resource.state['status'] === 'CONFIRMED' ? throwing(resource) : Promise.resolve(resource.state);
    await emit('CONFIRMED');
    await emit('CANCELLED');
    await ended(content, 'delivered', 'dead', 'delivered');
    expect(got('/content')).toEqual(['ON_HOLD', 'CANCELLED']);
    expect(receiver.requests.filter(({ path }) => path === '/content')[1]?.body.diff).toEqual([
      { op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CANCELLED' },
    ]);
    expect(log.problems).toContainEqual(expect.stringContaining('diff to an earlier state'));
  });

  it('an attempt that fails at the receiver after a late payload was built sends the same bytes again', async () => {
    const { content } = await start([50, 50, 50]);
    let fails = 2;
    faults.content = (resource) => (fails-- > 0 ? throwing(resource) : Promise.resolve({ ...resource.state, fails }));
    receiver.answerNext(500);
    await hosts.webhooks.delete(CONNECTIONS.a, (await hosts.webhooks.list(CONNECTIONS.a))[0]?.id ?? '');
    await emit('ON_HOLD');
    await ended(content, 'delivered');
    const [first, second] = receiver.requests;
    expect(receiver.requests).toHaveLength(2);
    expect(second?.raw).toEqual(first?.raw);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  it('when the supplier cannot be read, all webhooks wait for it, and the event does not fail', async () => {
    const { plain, content } = await start([HOUR_MS]);
    faults.supplier = true;
    await emit('ON_HOLD');
    for (const webhook of [plain, content]) {
      await waitUntil('an attempt', async () => (await deliveriesTo(webhook))[0]?.attempts === 1);
    }
    faults.supplier = false;
    await hurry();
    await ended(plain, 'delivered');
    await ended(content, 'delivered');
    expect(await eventsStatuses()).toEqual(['fanned_out']);
  });

  it("when the guest's languages cannot be read, webhooks that do not use them get the change", async () => {
    const { plain, content } = await start([50]);
    await hosts.webhooks.update(CONNECTIONS.a, plain.id, { useContactLanguage: false }, []);
    faults.locales = true;
    await emit('ON_HOLD');
    await ended(plain, 'delivered');
    await ended(content, 'dead');
    expect(got('/plain')).toEqual(['ON_HOLD']);
  });

  it.each(['["octo/content"', '{}', '[1]'])(
    'a webhook whose stored capabilities are %s fails alone, with the reason, and delivers when they are mended',
    async (damaged) => {
      const { plain, content } = await start([HOUR_MS]);
      const database = hosts.app.get(WebhooksDatabase);
      const store = (text: string): Promise<number> =>
        database.change(
          database.manager,
          `UPDATE ${database.table(WebhookRow)} SET capabilities = ?, updated_at = updated_at + 1 WHERE id = ?`,
          [text, content.id],
        );
      await store(damaged);
      await emit('ON_HOLD');
      await ended(plain, 'delivered');
      await waitUntil('an attempt', async () => (await deliveriesTo(content))[0]?.attempts === 1);
      const [delivery] = await deliveriesTo(content);
      const [attempt] = delivery === undefined ? [] : await attemptsOf(delivery);
      expect(attempt).toMatchObject({
        failure: 'unreadable',
        failureMessage: `Webhook ${content.id}: the stored capabilities cannot be read: it is not the JSON that was written.`,
      });
      await store('["octo/content"]');
      await hurry();
      await ended(content, 'delivered');
      expect(got('/content')).toEqual(['ON_HOLD']);
    },
  );
};

describeOnDatabases('A view that cannot be made', tests, SERVER_KINDS);
