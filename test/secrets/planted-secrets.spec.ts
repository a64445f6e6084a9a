import { randomBytes } from 'node:crypto';
import type { AddressInfo, Server } from 'node:net';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  WebhookAddressPolicy,
  WebhookAttempt,
  WebhookHttpService,
  WebhookEncryption,
  type OctoConnection,
  type OctoErrorBody,
  type OctoWebhook,
  type EncryptionKey,
} from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { OctoClient } from '../support/octo-client.js';
import { everythingSent } from '../support/outbox-state.js';
import { useResource } from '../support/resources.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { CapturedOutput } from './captured-output.js';
import { EchoingReceiver } from './echoing-receiver.js';
import { storedText } from './stored-text.js';

const plant = (what: string): string => `${what}-${randomBytes(12).toString('hex')}`;
const signingSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** Values that are used nowhere else, so that finding one proves a leak. */
const PLANTED = {
  callerKey: plant('caller'),
  furtherKey: plant('further'),
  signing: signingSecret(),
  rotated: signingSecret(),
  header: plant('header'),
  bearer: plant('bearer'),
  user: plant('user'),
  password: plant('password'),
  query: plant('query'),
  laterHeader: plant('later'),
};
/** User and password as HTTP sends them. */
const BASIC = Buffer.from(`${PLANTED.user}:${PLANTED.password}`).toString('base64');

function leaksIn(text: string): string[] {
  const values = {
    ...PLANTED,
    basic: BASIC,
    signingPart: PLANTED.signing.slice(6),
    rotatedPart: PLANTED.rotated.slice(6),
  };
  return Object.entries(values).flatMap(([name, value]) => (text.includes(value) ? [name] : []));
}

class KeyedHost extends TestWebhooksHost {
  override connectionOf(authorization: string): Promise<OctoConnection | null> {
    if (authorization === `Bearer ${PLANTED.callerKey}`) return Promise.resolve(CONNECTIONS.a);
    return Promise.resolve(authorization === `Bearer ${PLANTED.furtherKey}` ? CONNECTIONS.b : null);
  }
}

/** Refuses the addresses that the test adds, so that a webhook can be created before its address is refused. */
class SwitchablePolicy extends WebhookAddressPolicy {
  readonly refused = new Set<string>();

  refusal(address: string): string | null {
    return this.refused.has(address) ? `${address} is refused` : null;
  }
}

describeOnServers('Planted secrets', (kind) => {
  const host = useTestHosts(kind);
  let output: CapturedOutput;
  let partner: OctoClient;
  let receiver: EchoingReceiver;
  const policy = new SwitchablePolicy();
  useResource('test', async () => {
    policy.refused.clear();
    output = new CapturedOutput();
    receiver = await new EchoingReceiver().listen();
    return async () => {
      await host.close();
      await receiver.close();
      output.stop();
    };
  });

  async function start(keys: EncryptionKey[]): Promise<void> {
    await host.start(
      { encryption: { keys }, retry: { delaysMs: [20] } },
      { extras: { host: KeyedHost, addressPolicy: { useValue: policy } }, onDataSource: output.watchQueries },
    );
    host.app.useLogger(output.nest);
    await host.app.listen(0, '127.0.0.1');
    const { port } = (host.app.getHttpServer() as Server).address() as AddressInfo;
    partner = new OctoClient(`http://127.0.0.1:${port}/octo`, PLANTED.callerKey);
  }

  /** A URL with everything planted in it. */
  const urlTo = (port: number, scheme = 'http', address = '127.0.0.1'): string =>
    `${scheme}://${PLANTED.user}:${PLANTED.password}@${address}:${port}/hook?token=${PLANTED.query}`;

  const settings = (url: string) => ({
    event: 'booking_update' as const,
    url,
    headers: { 'X-Planted': PLANTED.header, Authorization: `Bearer ${PLANTED.bearer}` },
    apiKey: PLANTED.furtherKey,
  });

  /** Emits one change to all webhooks, and waits until each delivery has been sent or given up. */
  async function deliver(uuid: string): Promise<void> {
    await host.emitter.emit(bookingChange(uuid, 'ON_HOLD', 'CONFIRMED'));
    await everythingSent(host.dataSource.manager);
  }

  const failures = async (): Promise<(string | null)[]> => {
    const attempts = await host.dataSource.getRepository(WebhookAttempt).find({ order: { sequence: 'ASC' } });
    return attempts.map(({ failure }) => failure);
  };

  /** The planted values that the tables show, as `table: value`. */
  const stored = async (): Promise<string[]> => {
    const tables = Object.entries(await storedText(host.dataSource));
    return tables.flatMap(([table, text]) => leaksIn(text).map((name) => `${table}: ${name}`));
  };

  describe('with keys', () => {
    beforeEach(() => start([{ id: 'k1', key: randomBytes(32) }]));

    it('are in no table and in no output whatever happens, but over the wire as OCTO specifies', async () => {
      const created = await partner.post<OctoWebhook>('/webhooks', settings(urlTo(receiver.port)));
      expect(created.body).toMatchObject({ url: urlTo(receiver.port), headers: settings('').headers });
      const own = await host.webhooks.create(
        CONNECTIONS.a,
        { ...settings(urlTo(receiver.port)), headers: { 'X-Planted': PLANTED.header }, signingSecret: PLANTED.signing },
        [],
      );
      await deliver('b-1');
      expect(receiver.requests.map(({ body }) => body.webhook['url'])).toContain(urlTo(receiver.port));
      expect(receiver.requests.map(({ headers }) => headers['authorization']).toSorted()).toEqual([
        `Basic ${BASIC}`,
        `Bearer ${PLANTED.bearer}`,
      ]);

      expect((await partner.get<OctoWebhook[]>('/webhooks')).body.map(({ id }) => id)).toEqual([
        created.body.id,
        own.id,
      ]);
      const later = { 'X-Later': PLANTED.laterHeader };
      const updated = await partner.patch<OctoWebhook>(`/webhooks/${created.body.id}`, { headers: later });
      expect(updated.body).toMatchObject({ url: urlTo(receiver.port), headers: later });
      await host.webhooks.rotateSigningSecret(CONNECTIONS.a, own.id, { signingSecret: PLANTED.rotated });
      for (const status of [500, 302]) {
        receiver.status = status;
        await deliver(`b-${status}`);
      }
      expect(await failures()).toEqual(expect.arrayContaining(['http_status', 'redirect']));

      expect(await stored()).toEqual([]);
      const byUrl = await partner.delete(`/webhooks?url=${encodeURIComponent(urlTo(receiver.port))}`);
      expect(byUrl.status).toBe(200);
      expect((await partner.get('/webhooks')).body).toEqual([]);
      expect(await stored()).toEqual([]);
      expect(output.text).toContain('octo_webhook_attempt');
      expect(leaksIn(output.text)).toEqual([]);
    });

    it('are in no table and in no output when no response comes', async () => {
      const silent = await new EchoingReceiver().listen();
      const closedPort = silent.port;
      await silent.close();
      host.app.get(WebhookHttpService).axiosRef.interceptors.request.use((config) => {
        if (config.url?.includes('127.0.0.3') !== true) return config;
        throw new Error(`Proxy refused ${config.url} with ${JSON.stringify(config.headers)}`);
      });
      for (const url of [
        urlTo(closedPort),
        urlTo(receiver.port, 'https'),
        urlTo(receiver.port, 'http', '127.0.0.2'),
        urlTo(receiver.port, 'http', '127.0.0.3'),
      ]) {
        expect((await partner.post('/webhooks', settings(url))).status).toBe(200);
      }
      policy.refused.add('127.0.0.2');
      await deliver('b-2');

      expect(new Set(await failures())).toEqual(new Set(['connection', 'tls', 'address_refused', 'protocol']));
      const tables = await storedText(host.dataSource);
      expect(tables['octo_webhook_attempt']).toContain('Proxy refused http://127.0.0.3');
      expect(tables['octo_webhook']).toContain('enc:v1:k1:');
      expect(await stored()).toEqual([]);
      expect(leaksIn(output.text)).toEqual([]);
    });

    it('are in no answer to a request that is refused', async () => {
      policy.refused.add('127.0.0.2');
      const good = settings(urlTo(receiver.port));
      const refused = [
        await partner.post('/webhooks', { ...good, headers: { [`Authorization: ${PLANTED.bearer}`]: '' } }),
        await partner.post('/webhooks', { ...good, headers: { 'X-Planted': [PLANTED.header] } }),
        await partner.post('/webhooks', { ...good, headers: { Host: PLANTED.header } }),
        await partner.post('/webhooks', { ...good, url: `${urlTo(receiver.port)}#fragment` }),
        await partner.post('/webhooks', { ...good, url: urlTo(receiver.port).replace('http:', 'ftp:') }),
        await partner.post('/webhooks', { ...good, url: urlTo(receiver.port, 'http', '127.0.0.2') }),
        await partner.post('/webhooks', { ...good, apiKeys: [PLANTED.furtherKey, `${PLANTED.furtherKey}x`] }),
        await partner.post('/webhooks', { ...good, apiKey: [PLANTED.furtherKey] }),
        await partner.delete(`/webhooks?url=${encodeURIComponent(urlTo(1))}`),
      ];
      expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 400));
      expect(leaksIn(JSON.stringify(refused.map(({ body }) => body)))).toEqual([]);
      // The parser would quote a part of a text that it cannot read.
      for (const json of [`{"x":"${PLANTED.header}"x}`, `{"x":${PLANTED.header}}`, PLANTED.header]) {
        const { body } = await partner.send<OctoErrorBody>('POST', '/webhooks', json);
        expect(body.errorMessage).toMatch(/^The body is not valid JSON( at position \d+)?\.$/);
      }
      expect(leaksIn(output.text)).toEqual([]);
    });
  });

  it('are found where nothing is encrypted, so the search works, and are then encrypted in place', async () => {
    await start([]);
    await partner.post('/webhooks', settings(urlTo(receiver.port)));
    await host.webhooks.create(CONNECTIONS.a, { ...settings(urlTo(1)), signingSecret: PLANTED.signing }, []);
    expect(await stored()).toEqual(
      ['signing', 'header', 'bearer', 'user', 'password', 'query', 'signingPart'].map(
        (name) => `octo_webhook: ${name}`,
      ),
    );
    expect(leaksIn(output.text)).toContain('header');

    await host.close();
    await start([{ id: 'k1', key: randomBytes(32) }]);
    await host.app.get(WebhookEncryption).reencrypt();
    expect(await stored()).toEqual([]);
    expect((await partner.get<OctoWebhook[]>('/webhooks')).body).toMatchObject([
      { url: urlTo(receiver.port) },
      { url: urlTo(1) },
    ]);
  });
});
