import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  UnreadableWebhookError,
  WebhookAttempt,
  WebhookDelivery,
  WebhookCipher,
  WebhookEncryption,
  type EncryptionKey,
} from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { everythingSent } from '../support/outbox-state.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, startTestHost, type HostParts, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

const OLD: EncryptionKey = { id: 'k1', key: Buffer.alloc(32, 1) };
const NEW: EncryptionKey = { id: 'k2', key: Buffer.alloc(32, 2).toString('base64') };

interface Row {
  readonly id: string;
  readonly url: string;
  readonly headers: string;
  readonly signing_secrets: string;
}

describeOnServers('Stored secrets', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Receiver;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    receiver = await Receiver.listen();
  });
  afterEach(async () => {
    await host.close();
    await receiver.close();
    await database.drop();
  });

  async function start(keys: EncryptionKey[], parts: HostParts = {}): Promise<void> {
    host = await startTestHost(database.url, { encryption: { keys } }, undefined, parts);
  }

  async function restart(...keys: EncryptionKey[]): Promise<void> {
    await host.close();
    await start(keys);
  }

  const rows = () =>
    host.dataSource.query<Row[]>('SELECT id, url, headers, signing_secrets FROM octo_webhook ORDER BY id');
  const reencrypt = () => host.app.get(WebhookEncryption).reencrypt();

  /** With what the stored texts begin, each one once. */
  async function marks(): Promise<string[]> {
    const texts = (await rows()).flatMap(({ url, headers, signing_secrets }) => [url, headers, signing_secrets]);
    return [...new Set(texts.map((text) => /^enc:v1:k\d:/.exec(text)?.[0] ?? 'readable'))];
  }

  it('that were written readable are still read, and encrypted when they are next written', async () => {
    await start([]);
    const { id, signingSecret } = await host.subscribe({ url: receiver.url(), headers: { 'X-A': 'b' } });
    expect(await marks()).toEqual(['readable']);

    await restart(NEW);
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({ signingSecret, headers: { 'X-A': 'b' } });
    await host.webhooks.update(CONNECTIONS.a, id, { active: true }, []);
    expect(await marks()).toEqual(['enc:v1:k2:']);
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({ signingSecret, headers: { 'X-A': 'b' } });
  });

  it('are encrypted with the new key on demand, more than a batch of them, and then need no other', async () => {
    await start([]);
    for (let count = 0; count < 3; count += 1) await host.subscribe({ url: receiver.url(`/readable-${count}`) });
    await restart(OLD);
    for (let count = 0; count < 98; count += 1) await host.subscribe({ url: receiver.url(`/old-${count}`) });
    const before = await host.webhooks.list(CONNECTIONS.a);

    await restart(NEW, OLD);
    await host.subscribe({ url: receiver.url('/new') });
    expect(await reencrypt()).toEqual({ rewritten: 101, unreadable: [] });
    expect(await marks()).toEqual(['enc:v1:k2:']);
    const written = await rows();
    expect(await reencrypt()).toEqual({ rewritten: 0, unreadable: [] });
    expect(await rows()).toEqual(written);

    await restart(NEW);
    expect((await host.webhooks.list(CONNECTIONS.a)).slice(0, 101)).toEqual(before);
  });

  it('that cannot be decrypted are left as they are and named, while the others are encrypted anew', async () => {
    await start([OLD]);
    const [first, second] = [
      await host.subscribe({ url: receiver.url() }),
      await host.subscribe({ url: receiver.url() }),
    ];
    const [row] = await rows();
    await host.dataSource.query(`UPDATE octo_webhook SET headers = '${row?.url}' WHERE id = '${first.id}'`);
    await restart(NEW, OLD);
    expect(await reencrypt()).toEqual({ rewritten: 1, unreadable: [first.id] });
    expect((await rows()).map(({ signing_secrets }) => signing_secrets.slice(0, 10))).toEqual([
      'enc:v1:k1:',
      'enc:v1:k2:',
    ]);
    expect(await host.webhooks.get(CONNECTIONS.a, second.id)).toMatchObject({ url: receiver.url() });

    // The id of a key does not say that it is the same key.
    await restart({ ...NEW, key: Buffer.alloc(32, 3) }, OLD);
    expect(await reencrypt()).toEqual({ rewritten: 0, unreadable: [first.id, second.id] });
  });

  it('that were swapped between webhooks or fields, or changed, are refused with webhook, field and key', async () => {
    await start([OLD]);
    const { id } = await host.subscribe({ url: receiver.url('/own') });
    await host.subscribe({ url: receiver.url('/other') });
    const [own, other] = await rows();
    const changed = own?.url.replace(/.(?=.{8}$)/, (letter) => (letter === 'A' ? 'B' : 'A'));
    for (const url of [other?.url, own?.headers, changed]) {
      await host.dataSource.query(`UPDATE octo_webhook SET url = '${url}' WHERE id = '${id}'`);
      await expect(host.webhooks.get(CONNECTIONS.a, id)).rejects.toThrow(UnreadableWebhookError);
      await expect(host.webhooks.get(CONNECTIONS.a, id)).rejects.toMatchObject({
        webhookId: id,
        field: 'url',
        keyId: 'k1',
      });
    }
    await host.webhooks.delete(CONNECTIONS.a, id);
    expect(await host.webhooks.list(CONNECTIONS.a)).toMatchObject([{ url: receiver.url('/other') }]);
  });

  it('that cannot be decrypted fail the delivery as an attempt, hold up no other, and go out once the key is back', async () => {
    await start([OLD]);
    const lost = await host.subscribe({ url: receiver.url('/lost'), retryOnError: false });
    await host.close();
    host = await startTestHost(database.url, { encryption: { keys: [NEW] }, retry: { delaysMs: [0, 3_600_000] } });
    await host.subscribe({ url: receiver.url('/found') });
    const firstAttempts = host.dataSource.getRepository(WebhookAttempt);
    await host.emitter.emit(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'));
    await waitUntil('two failures', async () => (await firstAttempts.countBy({ failure: 'unreadable' })) === 2);
    await receiver.received(1);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/found']);
    const message = `Webhook ${lost.id}: the stored url cannot be read (encrypted with key "k1"): the option encryption.keys has no key with this id.`;
    expect(await firstAttempts.findBy({ failure: 'unreadable' })).toMatchObject([
      { number: 1, responseStatus: null, failureMessage: message },
      { number: 2, failureMessage: message },
    ]);

    await restart(NEW, OLD);
    await host.dataSource.getRepository(WebhookDelivery).update({ webhookId: lost.id }, { dueAt: new Date(0) });
    await everythingSent(host.dataSource.manager);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/found', '/lost']);
  });

  it('of a webhook that was deactivated meanwhile are not asked for: its deliveries are cancelled', async () => {
    await start([OLD]);
    receiver.answerAlways(500);
    const { id } = await host.subscribe({ url: receiver.url() });
    await host.emitter.emit(bookingChange('b-3', 'ON_HOLD', 'CONFIRMED'));
    await receiver.received(1);
    await host.webhooks.update(CONNECTIONS.a, id, { active: false }, []);
    await restart(NEW);
    await everythingSent(host.dataSource.manager);
    expect(await host.dataSource.getRepository(WebhookDelivery).findBy({ webhookId: id })).toMatchObject([
      { status: 'cancelled' },
    ]);
    expect(await host.dataSource.getRepository(WebhookAttempt).countBy({ failure: 'unreadable' })).toBe(0);
  });

  it('can be encrypted by a cipher of the host’s', async () => {
    class Reversing extends WebhookCipher {
      readonly keyId = 'k9';
      encrypt = (text: string, context: string): Buffer => Buffer.from([...`${context} ${text}`].reverse().join(''));
      decrypt = (_: string, encrypted: Buffer, context: string): string =>
        [...encrypted.toString()]
          .reverse()
          .join('')
          .slice(context.length + 1);
    }
    await start([], { extras: { cipher: Reversing } });
    const { id } = await host.subscribe({ url: receiver.url() });
    const [row] = await rows();
    const stored = `${receiver.url()}`.split('').reverse().join('') + ` lru ${[...id].reverse().join('')} koohbew`;
    expect(row?.url).toBe(`enc:v1:k9:${Buffer.from(stored).toString('base64')}`);
    await host.emitter.emit(bookingChange('b-2', 'ON_HOLD', 'CONFIRMED'));
    expect(await receiver.received(1)).toHaveLength(1);
  });
});
