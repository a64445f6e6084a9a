import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  InvalidWebhooksOptionError,
  PublicAddressPolicy,
  type OctoConnection,
  type EncryptionKey,
} from 'nestjs-octo-webhooks';
import { Webhook as Verifier } from 'standardwebhooks';
import { describeOnServers } from '../support/each-database.js';
import { useReceiver, type ReceivedRequest } from '../support/receiver.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { isSigned, KeyChange, SigningSecrets, webhooksOptions } from './samples/security.js';

const KEYS = {
  WEBHOOKS_KEY_2026_11: randomBytes(32).toString('base64'),
  WEBHOOKS_KEY_2025_06: randomBytes(32).toString('base64'),
};

describe('The sample of options', () => {
  const policy = new PublicAddressPolicy(webhooksOptions(KEYS).request);

  it.each([
    ['http://example.com/', 'http is not among the allowed schemes (https)'],
    ['https://example.com:444/', 'port 444 is not among the allowed ports (443, 8443)'],
    ['https://10.21.0.1/', '10.21.0.1 is not a public address (private)'],
    ['https://10.20.0.1/', '10.20.0.1 is on the deny list'],
    ['https://legacy.example.com/', 'legacy.example.com is on the deny list'],
  ])('refuses %s', (url, refusal) => {
    expect(policy.urlRefusal(new URL(url))).toBe(refusal);
  });

  it.each(['https://example.com/', 'https://example.com:8443/', 'https://10.20.0.2/'])('lets %s through', (url) => {
    expect(policy.urlRefusal(new URL(url))).toBeNull();
  });

  it('lets the named host lead inside', () => {
    expect(policy.refusal('192.168.0.1', 'a.partners.internal')).toBeNull();
    expect(policy.refusal('192.168.0.1', 'a.partners.example')).not.toBeNull();
  });
});

describeOnServers('The samples of keys and signing secrets', (kind) => {
  const receiver = useReceiver();
  const host = useTestHosts(kind, {}, { providers: [KeyChange, SigningSecrets] });
  const connection: OctoConnection = CONNECTIONS.a;

  const sampled = (env: NodeJS.ProcessEnv) => webhooksOptions(env).encryption?.keys ?? [];

  async function start(keys: readonly EncryptionKey[]): Promise<void> {
    await host.restart({ encryption: { keys } });
  }

  beforeEach(() => start(sampled(KEYS)));

  async function delivered(uuid: string): Promise<ReceivedRequest> {
    const before = receiver.requests.length;
    await host.emitter.emit(bookingChange(uuid, null, 'CONFIRMED'));
    const request = (await receiver.received(before + 1))[before];
    if (request === undefined) throw new Error('No request came.');
    return request;
  }

  const verifies =
    (secret: string, { raw, headers }: ReceivedRequest) =>
    () =>
      new Verifier(secret).verify(raw, headers as Record<string, string>);
  const headersOf = ({ headers }: ReceivedRequest) => headers as Record<string, string>;

  it('a shared secret, the next one and then a private key each sign beside the one before', async () => {
    const { id, signingSecret } = await host.subscribe({ url: receiver.url() });
    expect(verifies(signingSecret, await delivered('b-1'))).not.toThrow();

    const secrets = host.app.get(SigningSecrets);
    const next = await secrets.rotate(connection, id);
    const both = await delivered('b-2');
    for (const one of [signingSecret, next]) expect(verifies(one, both)).not.toThrow();

    const publicKey = (await secrets.useEd25519(connection, id)) ?? '';
    const request = await delivered('b-3');
    expect(
      String(request.headers['webhook-signature'])
        .split(' ')
        .map((one) => one.split(',')[0]),
    ).toEqual(['v1a', 'v1', 'v1']);
    expect(isSigned(publicKey, headersOf(request), request.raw)).toBe(true);
    expect(isSigned(publicKey, headersOf(request), Buffer.concat([request.raw, Buffer.from(' ')]))).toBe(false);
    expect(isSigned(publicKey, headersOf(both), both.raw)).toBe(false);
    expect(verifies(next, request)).not.toThrow();
  });

  it('an encryption key can be changed, and a lost one is reported', async () => {
    await start([{ id: '2025-06', key: KEYS.WEBHOOKS_KEY_2025_06 }]);
    const { id } = await host.subscribe({ url: receiver.url() });

    await start(sampled({ ...KEYS, WEBHOOKS_KEY_2025_06: randomBytes(32).toString('base64') }));
    await expect(host.app.get(KeyChange).finish()).rejects.toThrow(`Keep the old key: ${id} cannot be read.`);

    await start(sampled(KEYS));
    await host.app.get(KeyChange).finish();
    const [stored] = await host.dataSource.query<{ url: string }[]>('SELECT url FROM octo_webhook');
    expect(stored?.url).toMatch(/^enc:v1:2026-11:/);
    expect(await host.webhooks.get(connection, id)).toMatchObject({ url: receiver.url() });
  });

  it('a key that is not set keeps the host from starting', async () => {
    await expect(start(sampled({ ...KEYS, WEBHOOKS_KEY_2025_06: undefined }))).rejects.toThrow(
      InvalidWebhooksOptionError,
    );
    await start(sampled(KEYS));
  });
});
