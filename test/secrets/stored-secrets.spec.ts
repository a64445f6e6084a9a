import { expect, it } from '@jest/globals';
import {
  UnreadableWebhookError,
  WebhookAttempt,
  WebhookDelivery,
  WebhookCipher,
  WebhookEncryption,
  type EncryptionKey,
  type Webhook,
} from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { everythingSent } from '../support/outbox-state.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, type RunningHost } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const OLD: EncryptionKey = { id: 'k1', key: Buffer.alloc(32, 1) };
const NEW: EncryptionKey = { id: 'k2', key: Buffer.alloc(32, 2).toString('base64') };

/** More webhooks than are encrypted anew at once. */
const limits = { webhooksPerConnection: 102 };

interface Row {
  readonly id: string;
  readonly url: string;
  readonly headers: string;
  readonly signing_secrets: string;
}

describeOnServers('Stored secrets', (kind) => {
  const receiver = useReceiver();
  const host = useTestHosts(kind);

  const start = (keys: EncryptionKey[]): Promise<RunningHost> => host.start({ encryption: { keys }, limits });
  const restart = (...keys: EncryptionKey[]): Promise<RunningHost> => host.restart({ encryption: { keys }, limits });

  const rows = () =>
    host.dataSource.query<Row[]>('SELECT id, url, headers, signing_secrets FROM octo_webhook ORDER BY id');
  const reencrypt = () => host.app.get(WebhookEncryption).reencrypt();

  async function listed(): Promise<Webhook[]> {
    const webhooks: Webhook[] = [];
    for await (const webhook of host.webhooks.all(CONNECTIONS.a)) webhooks.push(webhook);
    return webhooks;
  }

  /** The distinct beginnings of the stored texts. */
  async function marks(): Promise<string[]> {
    const texts = (await rows()).flatMap(({ url, headers, signing_secrets }) => [url, headers, signing_secrets]);
    return [...new Set(texts.map((text) => /^enc:v1:k\d:/.exec(text)?.[0] ?? 'readable'))];
  }

  it('secrets that were written readable are still read, and encrypted when they are next written', async () => {
    await start([]);
    const { id, signingSecret } = await host.subscribe({ url: receiver.url(), headers: { 'X-A': 'b' } });
    expect(await marks()).toEqual(['readable']);

    await restart(NEW);
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({ signingSecret, headers: { 'X-A': 'b' } });
    await host.webhooks.update(CONNECTIONS.a, id, { active: true }, []);
    expect(await marks()).toEqual(['enc:v1:k2:']);
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({ signingSecret, headers: { 'X-A': 'b' } });
  });

  it('on demand all secrets are encrypted with the new key, and then need no other key', async () => {
    await start([]);
    for (let count = 0; count < 3; count += 1) await host.subscribe({ url: receiver.url(`/readable-${count}`) });
    await restart(OLD);
    for (let count = 0; count < 98; count += 1) await host.subscribe({ url: receiver.url(`/old-${count}`) });
    const before = await listed();

    await restart(NEW, OLD);
    await host.subscribe({ url: receiver.url('/new') });
    expect(await reencrypt()).toEqual({ rewritten: 101, unreadable: [] });
    expect(await marks()).toEqual(['enc:v1:k2:']);
    const written = await rows();
    expect(await reencrypt()).toEqual({ rewritten: 0, unreadable: [] });
    expect(await rows()).toEqual(written);

    await restart(NEW);
    expect((await listed()).slice(0, 101)).toEqual(before);
  });

  it('webhooks that cannot be decrypted are reported and left as they are, and the others are encrypted anew', async () => {
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

    // Two keys may have the same id.
    await restart({ ...NEW, key: Buffer.alloc(32, 3) }, OLD);
    expect(await reencrypt()).toEqual({ rewritten: 0, unreadable: [first.id, second.id] });
  });

  it('secrets that were changed, or swapped between webhooks or fields, are refused with webhook, field and key', async () => {
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

  it('a webhook that was moved to another connection does not open, and gets nothing that belongs to it', async () => {
    await start([OLD]);
    const { id } = await host.subscribe({ url: receiver.url() });
    await host.emitter.emit(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'));
    await receiver.received(1);
    // Long enough that the webhook is kept in memory, if it may be.
    await host.dataSource.query(`UPDATE octo_webhook SET updated_at = updated_at - 5000 WHERE id = '${id}'`);
    await host.emitter.emit(bookingChange('b-2', 'ON_HOLD', 'CONFIRMED'));
    await receiver.received(2);

    await host.dataSource.query(`UPDATE octo_webhook SET connection_id = 'connection-b' WHERE id = '${id}'`);
    await host.dataSource.query(`UPDATE octo_webhook_connection SET connection_id = 'connection-b'`);
    await host.emitter.emit({ ...bookingChange('b-3', 'ON_HOLD', 'CONFIRMED'), connectionIds: ['connection-b'] });
    const attempts = host.dataSource.getRepository(WebhookAttempt);
    await waitUntil('the refusal', async () => (await attempts.countBy({ failure: 'unreadable' })) > 0);
    expect(receiver.requests).toHaveLength(2);
    await expect(host.webhooks.get(CONNECTIONS.b, id)).rejects.toThrow(UnreadableWebhookError);
  });

  it('where all secrets must be encrypted, a readable URL that was put into a row is refused', async () => {
    await start([OLD]);
    const { id } = await host.subscribe({ url: receiver.url() });
    await host.restart({ encryption: { keys: [OLD], requireEncrypted: true }, limits });
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({ url: receiver.url() });
    await host.dataSource.query(`UPDATE octo_webhook SET url = 'https://thief.example/' WHERE id = '${id}'`);
    await expect(host.webhooks.get(CONNECTIONS.a, id)).rejects.toThrow(UnreadableWebhookError);
    expect(await reencrypt()).toEqual({ rewritten: 0, unreadable: [id] });
  });

  it('a delivery whose webhook cannot be decrypted fails its attempts, holds up no other, and is sent once the key is back', async () => {
    await start([OLD]);
    const lost = await host.subscribe({ url: receiver.url('/lost'), retryOnError: false });
    await host.restart({ encryption: { keys: [NEW] }, retry: { delaysMs: [0, 3_600_000] } });
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

  it('deliveries of a webhook that was deactivated meanwhile are cancelled without decrypting it', async () => {
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

  it('the host may provide its own cipher', async () => {
    class Reversing extends WebhookCipher {
      readonly keyId = 'k9';
      encrypt = (text: string, context: string): Buffer => Buffer.from([...`${context} ${text}`].reverse().join(''));
      decrypt = (_: string, encrypted: Buffer, context: string): string =>
        [...encrypted.toString()]
          .reverse()
          .join('')
          .slice(context.length + 1);
    }
    await host.start({}, { extras: { cipher: Reversing } });
    const { id } = await host.subscribe({ url: receiver.url() });
    const [row] = await rows();
    const stored =
      `${receiver.url()}`.split('').reverse().join('') +
      ` ]"1-reilppus","a-noitcennoc"[ lru ${[...id].reverse().join('')} koohbew`;
    expect(row?.url).toBe(`enc:v1:k9:${Buffer.from(stored).toString('base64')}`);
    await host.emitter.emit(bookingChange('b-2', 'ON_HOLD', 'CONFIRMED'));
    expect(await receiver.received(1)).toHaveLength(1);
  });
});
