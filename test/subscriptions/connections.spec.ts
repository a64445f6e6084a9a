import { beforeEach, expect, it } from '@jest/globals';
import {
  InvalidHostAnswerError,
  WebhookConnections,
  WebhookDelivery,
  type OctoConnection,
  type Webhook,
} from 'nestjs-octo-webhooks';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnDatabases } from '../support/each-database.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { TestClock } from '../support/test-clock.js';
import { TestLog } from '../support/test-log.js';
import { useTestHost } from '../support/use-test-host.js';

const MINUTE_MS = 60_000;
const URL = 'http://127.0.0.1:9/never-called';

/** What the host says about connections; an error when it cannot. */
const answer: { fallen: readonly string[]; error: Error | null; asked: number } = { fallen: [], error: null, asked: 0 };

class StandingsHost extends TestWebhooksHost {
  override standingConnections(ids: readonly string[]): Promise<readonly string[]> {
    answer.asked += 1;
    if (answer.error !== null) return Promise.reject(answer.error);
    return Promise.resolve(ids.filter((id) => !answer.fallen.includes(id)));
  }
}

describeOnDatabases('A connection whose key is revoked', (kind) => {
  const clock = new TestClock();
  const log = new TestLog();
  const extras = { host: StandingsHost, clock: { useValue: clock } };
  const options = { dispatch: { enabled: false }, limits: { webhooksPerConnection: 200 } };
  const host = useTestHost(kind, options, { per: 'test', logger: log, extras });
  let webhooks: Record<'a' | 'b' | 'bAndA', Webhook>;

  beforeEach(async () => {
    Object.assign(answer, { fallen: [], error: null, asked: 0 });
    log.clear();
    clock.stop();
    const create = (connection: OctoConnection, apiKey?: string): Promise<Webhook> =>
      host.webhooks.create(
        connection,
        { event: 'booking_update', url: URL, ...(apiKey === undefined ? {} : { apiKey }) },
        [],
      );
    webhooks = {
      a: await create(CONNECTIONS.a),
      b: await create(CONNECTIONS.b),
      bAndA: await create(CONNECTIONS.b, 'key-a'),
    };
  });

  let bookings = 0;
  /** The webhooks that get a change of a booking of a connection. */
  const told = async (connection: OctoConnection): Promise<string[]> => {
    const resourceId = `booking-${(bookings += 1)}`;
    await host.emitter.emit({ ...bookingChange(resourceId, null, 'ON_HOLD'), connectionIds: [connection.id] });
    await host.app.get(FanOut).run();
    const resourceKey = `booking_update\t${resourceId}`;
    const deliveries = await host.dataSource.getRepository(WebhookDelivery).findBy({ resourceKey });
    const names = new Map(Object.entries(webhooks).map(([name, { id }]) => [id, name]));
    return deliveries.map(({ webhookId }) => names.get(webhookId) ?? webhookId).sort();
  };

  it('is removed with its webhooks, and nobody receives its changes any more', async () => {
    const connections = host.app.get(WebhookConnections);
    expect(await told(CONNECTIONS.a)).toEqual(['a', 'bAndA']);
    expect(await connections.remove(CONNECTIONS.a)).toEqual({ deletedWebhooks: 1, leftWebhooks: 1 });
    expect(await host.webhooks.list(CONNECTIONS.a)).toEqual([]);
    expect(await told(CONNECTIONS.a)).toEqual([]);
    expect(await told(CONNECTIONS.b)).toEqual(['b', 'bAndA']);
    expect(await connections.remove(CONNECTIONS.a)).toEqual({ deletedWebhooks: 0, leftWebhooks: 0 });
  });

  it('is removed with any number of webhooks', async () => {
    for (let count = 0; count < 100; count += 1) await host.subscribe({ url: URL });
    const removed = await host.app.get(WebhookConnections).remove(CONNECTIONS.a);
    expect(removed).toEqual({ deletedWebhooks: 101, leftWebhooks: 1 });
  });

  it('knew who listened to it', async () => {
    const connections = host.app.get(WebhookConnections);
    const { id, createdAt } = webhooks.bAndA;
    expect(await connections.listeners(CONNECTIONS.a)).toEqual([
      { webhookId: id, connectionId: CONNECTIONS.b.id, event: 'booking_update', createdAt },
    ]);
    expect(await connections.listeners(CONNECTIONS.b)).toEqual([]);
    await host.webhooks.delete(CONNECTIONS.b, id);
    expect(await connections.listeners(CONNECTIONS.a)).toEqual([]);
    await expect(connections.listeners({ ...CONNECTIONS.a, id: 'a ' })).rejects.toThrow(InvalidHostAnswerError);
  });

  it('gets nothing, and nobody its changes, once the host says so, within a minute', async () => {
    expect(await told(CONNECTIONS.a)).toEqual(['a', 'bAndA']);
    answer.fallen = [CONNECTIONS.a.id];
    clock.advance(MINUTE_MS - 1);
    expect(await told(CONNECTIONS.a)).toEqual(['a', 'bAndA']);
    expect(answer.asked).toBe(1);
    clock.advance(1);
    expect(await told(CONNECTIONS.a)).toEqual([]);
    expect(await told(CONNECTIONS.b)).toEqual(['b', 'bAndA']);
    answer.fallen = [CONNECTIONS.b.id];
    clock.advance(MINUTE_MS);
    expect(await told(CONNECTIONS.a)).toEqual(['a']);
    expect(await told(CONNECTIONS.b)).toEqual([]);
  });

  it('keeps the last answer while the host cannot say, which is logged', async () => {
    answer.error = new Error('The keys cannot be read.');
    expect(await told(CONNECTIONS.a)).toEqual(['a', 'bAndA']);
    expect(log.problems).toEqual([expect.stringContaining('The keys cannot be read.')]);
    Object.assign(answer, { error: null, fallen: [CONNECTIONS.a.id] });
    clock.advance(MINUTE_MS);
    expect(await told(CONNECTIONS.a)).toEqual([]);
    answer.error = new Error('The keys cannot be read.');
    clock.advance(MINUTE_MS);
    expect(await told(CONNECTIONS.a)).toEqual([]);
  });
});
