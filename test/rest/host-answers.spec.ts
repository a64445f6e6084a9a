import { beforeEach, expect, it } from '@jest/globals';
import {
  InvalidHostAnswerError,
  type JsonObject,
  type OctoConnection,
  type ResourceSnapshot,
} from 'nestjs-octo-webhooks';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnDatabases } from '../support/each-database.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { TestLog } from '../support/test-log.js';
import { useTestHost } from '../support/use-test-host.js';

/** What the host answers instead of what it should. */
const answers: { connection: OctoConnection; object: unknown; languages: string[] } = {
  connection: CONNECTIONS.a,
  object: {},
  languages: [],
};

class WrongHost extends TestWebhooksHost {
  override connectionOf(): Promise<OctoConnection> {
    return Promise.resolve(answers.connection);
  }

  override serialize(_resource: ResourceSnapshot): Promise<JsonObject> {
    return Promise.resolve(answers.object as JsonObject);
  }

  override languages(): Promise<readonly string[]> {
    return Promise.resolve(answers.languages);
  }
}

const URL = 'http://127.0.0.1:9/never-called';

describeOnDatabases("A wrong answer of the host's port", (kind) => {
  const log = new TestLog();
  const parts = { per: 'test', logger: log, extras: { host: WrongHost } } as const;
  const host = useTestHost(kind, { dispatch: { enabled: false } }, parts);

  beforeEach(() => log.clear());

  it.each([
    ['id', { ...CONNECTIONS.a, id: 'connection-a ' }],
    ['supplierId', { ...CONNECTIONS.a, supplierId: 'supplier-1 ' }],
    ['supplierId', { ...CONNECTIONS.a, supplierId: 's'.repeat(192) }],
  ])('is refused by name, when the %s of a connection could be taken for another', async (field, connection) => {
    const refused = { method: 'connectionOf', problem: expect.stringContaining(field) };
    await expect(host.webhooks.create(connection, { event: 'booking_update', url: URL }, [])).rejects.toMatchObject(
      refused,
    );
    const { id } = await host.subscribe({ url: URL });
    await expect(host.webhooks.get(connection, id)).rejects.toThrow(InvalidHostAnswerError);
    await expect(host.webhooks.list(connection)).rejects.toThrow(InvalidHostAnswerError);
    await expect(host.webhooks.update(connection, id, {}, [])).rejects.toThrow(InvalidHostAnswerError);
    await expect(host.webhooks.delete(connection, id)).rejects.toThrow(InvalidHostAnswerError);
    answers.connection = connection;
    const keys = { event: 'booking_update', url: URL, apiKey: 'another' } as const;
    await expect(host.webhooks.create(CONNECTIONS.a, keys, [])).rejects.toMatchObject(refused);
    expect(await host.webhooks.list(CONNECTIONS.a)).toHaveLength(1);
  });

  it.each<[what: string, wrong: Partial<typeof answers>, reason: string]>([
    ['an object', { object: undefined, languages: [] }, 'serialize() must be a JSON object'],
    ['an object', { object: 'CONFIRMED', languages: [] }, 'serialize() must be a JSON object'],
    ['language tags', { object: {}, languages: ['the language of the guest'] }, 'languages() names "the language'],
  ])('is logged as the reason why a payload cannot be built, when it is not %s', async (_what, wrong, reason) => {
    Object.assign(answers, wrong);
    const { id } = await host.subscribe({ url: URL });
    await host.emitter.emit(bookingChange('booking-1', null, 'ON_HOLD'));
    await host.app.get(FanOut).run();
    expect(log.problems).toEqual([expect.stringContaining(id)]);
    expect(log.problems).toEqual([expect.stringContaining(reason)]);
  });
});
