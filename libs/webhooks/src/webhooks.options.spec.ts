import { describe, expect, it } from '@jest/globals';
import { PRIVATE_KEY, SELF_SIGNED, VALID } from '../../../test/support/hostile-certificates.js';
import { parseEncryptionKeys } from './secrets/encryption-keys.js';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';
import { WebhooksHost } from './host/webhooks-host.js';
import { WebhooksModule } from './webhooks.module.js';
import { checkedOptions } from './webhooks.module-definition.js';
import type { WebhooksModuleOptions } from './webhooks.options.js';

/** Many refused values have a wrong type, because a host may write its configuration in JavaScript. */
function resolving(options: object): () => unknown {
  return () => checkedOptions(options);
}

describe('checkedOptions', () => {
  it('has a default for everything', () => {
    expect(checkedOptions({})).toMatchObject({
      emission: { requireTransaction: false },
      octo: { requireCapability: true, unknownUrlIsError: true, dottedEventNames: false },
      dispatch: {
        enabled: true,
        pollMs: 1000,
        concurrency: 64,
        concurrencyPerWebhook: 8,
        leaseMs: 60_000,
        shutdownGraceMs: 20_000,
        coalesceAvailability: true,
      },
      retry: { jitter: 0.2, maxRetryAfterMs: 86_400_000 },
      circuit: {
        failuresInRow: 10,
        failureRate: 0.7,
        minimumAttempts: 20,
        windowMs: 300_000,
        firstOpenMs: 30_000,
        maxOpenMs: 1_800_000,
      },
      deactivation: { goneAfterMs: 3_600_000, failingForMs: 432_000_000 },
      retention: { settledMs: 2_592_000_000, deadMs: 7_776_000_000, sweepMs: 60_000 },
      request: {
        connectTimeoutMs: 5000,
        timeoutMs: 15_000,
        maxBodyBytes: 1_048_576,
        maxResponseBytes: 16_384,
        allowPrivateAddresses: false,
        schemes: ['https'],
        ports: null,
        ca: null,
        proxy: null,
      },
      limits: {
        webhooksPerConnection: 50,
        pendingTriggersPerWebhook: 100,
        pendingDeliveriesPerWebhook: 10_000,
        pendingForMs: 604_800_000,
      },
      encryption: { keys: [], requireEncrypted: false },
    });
  });

  it('accepts keys of 32 bytes, as they are or in base64', () => {
    const key = Buffer.alloc(32, 7);
    const keys = [
      { id: 'k2', key: key.toString('base64') },
      { id: 'K_1.a-b', key },
    ];
    expect(parseEncryptionKeys(checkedOptions({ encryption: { keys } }).encryption.keys)).toEqual([
      { id: 'k2', key },
      { id: 'K_1.a-b', key },
    ]);
  });

  it.each<[string, unknown]>([
    ['encryption.keys', 'c2VjcmV0'],
    ['encryption.keys[0].id', [null]],
    ['encryption.keys[0].id', [{ key: Buffer.alloc(32) }]],
    ['encryption.keys[0].id', [{ id: '', key: Buffer.alloc(32) }]],
    ['encryption.keys[0].id', [{ id: 'a:b', key: Buffer.alloc(32) }]],
    ['encryption.keys[0].id', [{ id: 'x'.repeat(65), key: Buffer.alloc(32) }]],
    ['encryption.keys[0].key', [{ id: 'k1' }]],
    ['encryption.keys[0].key', [{ id: 'k1', key: 's3cret' }]],
    ['encryption.keys[0].key', [{ id: 'k1', key: 's3cret key of 32 characters, no!' }]],
    ['encryption.keys[0].key', [{ id: 'k1', key: `${Buffer.alloc(32).toString('base64')}!` }]],
    ['encryption.keys[0].key', [{ id: 'k1', key: `!${Buffer.alloc(32).toString('base64')}` }]],
    ['encryption.keys[0].key', [{ id: 'k1', key: Buffer.alloc(31) }]],
    [
      'encryption.keys[1].key',
      [
        { id: 'k1', key: Buffer.alloc(32) },
        { id: 'k2', key: Buffer.alloc(33) },
      ],
    ],
    [
      'encryption.keys[1].id',
      [
        { id: 'k1', key: Buffer.alloc(32, 1) },
        { id: 'k1', key: Buffer.alloc(32, 2) },
      ],
    ],
  ])('refuses, with the name of the option %s and without the key, %j', (option, keys) => {
    expect(resolving({ encryption: { keys } })).toThrow(InvalidWebhooksOptionError);
    expect(resolving({ encryption: { keys } })).toThrow(`option ${option} is `);
    expect(resolving({ encryption: { keys } })).not.toThrow(/s3cret|c2VjcmV0/);
  });

  it.each([
    ['request.ca[0]', { ca: [PRIVATE_KEY] }],
    ['request.ca', { ca: PRIVATE_KEY }],
    ['request.proxy', { proxy: 'socks5://user:s3cret@proxy.internal' }],
    ['request.proxy', { proxy: 's3cret' }],
  ])('refuses %s without showing what may be secret in it', (option, request) => {
    expect(resolving({ request })).toThrow(`option ${option} is `);
    expect(resolving({ request })).not.toThrow(/PRIVATE KEY|s3cret/);
  });

  it('accepts certificate authorities and a proxy', () => {
    const request = { ca: [SELF_SIGNED, VALID], proxy: 'http://user:s3cret@proxy.internal:3128' };
    expect(checkedOptions({ request }).request).toMatchObject(request);
  });

  it('retries by default as Standard Webhooks recommends: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h', () => {
    const minutes = [5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440];
    expect(checkedOptions({}).retry.delaysMs).toEqual(minutes.map((count) => count * 60_000));
  });

  it('takes the given options and leaves the rest of the group at the default', () => {
    const resolved = checkedOptions({
      dispatch: { pollMs: 50 },
      retry: { delaysMs: [] },
      request: { maxBodyBytes: 2048 },
    });
    expect(resolved).toMatchObject({
      dispatch: { enabled: true, pollMs: 50, concurrency: 64 },
      retry: { delaysMs: [], jitter: 0.2 },
      request: { maxBodyBytes: 2048, timeoutMs: 15_000 },
    });
  });

  it.each<[string, object]>([
    ['limits.webhooksPerConnection', { limits: { webhooksPerConnection: 0 } }],
    ['limits.webhooksPerConnection', { limits: { webhooksPerConnection: 10_001 } }],
    ['limits.pendingTriggersPerWebhook', { limits: { pendingTriggersPerWebhook: 0 } }],
    ['limits.pendingTriggersPerWebhook', { limits: { pendingTriggersPerWebhook: 10_001 } }],
    ['limits.pendingDeliveriesPerWebhook', { limits: { pendingDeliveriesPerWebhook: 0 } }],
    ['limits.pendingDeliveriesPerWebhook', { limits: { pendingDeliveriesPerWebhook: 1_000_001 } }],
    ['limits.pendingForMs', { limits: { pendingForMs: 0 } }],
    ['deactivation.goneAfterMs', { deactivation: { goneAfterMs: -1 } }],
    ['dispatch.pollMs', { dispatch: { pollMs: 9 } }],
    ['dispatch.pollMs', { dispatch: { pollMs: 3_600_001 } }],
    ['dispatch.pollMs', { dispatch: { pollMs: Number.NaN } }],
    ['dispatch.pollMs', { dispatch: { pollMs: '1000' } }],
    ['dispatch.concurrency', { dispatch: { concurrency: 0 } }],
    ['dispatch.concurrency', { dispatch: { concurrency: 1.5 } }],
    ['dispatch.concurrency', { dispatch: { concurrency: Number.POSITIVE_INFINITY } }],
    ['dispatch.leaseMs', { dispatch: { leaseMs: 29_999 } }],
    ['dispatch.leaseMs', { request: { timeoutMs: 30_001 } }],
    ['request.connectTimeoutMs', { request: { connectTimeoutMs: 0 } }],
    ['request.timeoutMs', { request: { timeoutMs: -1 } }],
    ['request.maxResponseBytes', { request: { maxResponseBytes: -1 } }],
    ['request.maxResponseBytes', { request: { maxResponseBytes: 1_048_577 } }],
    ['request.maxBodyBytes', { request: { maxBodyBytes: 1023 } }],
    ['request.maxBodyBytes', { request: { maxBodyBytes: 8_388_609 } }],
    ['retry.delaysMs[1]', { retry: { delaysMs: [1000, -1] } }],
    ['retry.delaysMs[0]', { retry: { delaysMs: [2_592_000_001] } }],
    ['retry.maxRetryAfterMs', { retry: { maxRetryAfterMs: -1 } }],
    ['dispatch.concurrencyPerWebhook', { dispatch: { concurrencyPerWebhook: 0 } }],
    ['dispatch.shutdownGraceMs', { dispatch: { shutdownGraceMs: -1 } }],
    ['circuit.failuresInRow', { circuit: { failuresInRow: 0 } }],
    ['circuit.failureRate', { circuit: { failureRate: 1.1 } }],
    ['circuit.minimumAttempts', { circuit: { minimumAttempts: 0 } }],
    ['circuit.windowMs', { circuit: { windowMs: 999 } }],
    ['circuit.firstOpenMs', { circuit: { firstOpenMs: 0 } }],
    ['circuit.maxOpenMs', { circuit: { firstOpenMs: 2000, maxOpenMs: 1999 } }],
    ['deactivation.failingForMs', { deactivation: { failingForMs: 0 } }],
    ['retention.settledMs', { retention: { settledMs: -1 } }],
    ['retention.deadMs', { retention: { deadMs: 0.5 } }],
    ['retention.sweepMs', { retention: { sweepMs: 9 } }],
    ['retry.jitter', { retry: { jitter: -0.1 } }],
    ['retry.jitter', { retry: { jitter: 1.1 } }],
    ['retry.jitter', { retry: { jitter: Number.NaN } }],
  ])('refuses, with the name of the option %s, %j', (option, options) => {
    expect(resolving(options)).toThrow(InvalidWebhooksOptionError);
    expect(resolving(options)).toThrow(`option ${option} is `);
    expect(resolving(options)).toThrow(/must be a (whole )?number from [\d.]+ to [\d.]+\.$/);
  });

  it.each<[string, object]>([
    ['request.allowAddresses[1]', { request: { allowAddresses: ['10.0.0.0/8', '10.0.0.0/33'] } }],
    ['request.denyAddresses[0]', { request: { denyAddresses: ['https://example.com'] } }],
    ['request.denyAddresses', { request: { denyAddresses: 'example.com' } }],
  ])('refuses, with the name of the entry %s, %j', (option, options) => {
    expect(resolving(options)).toThrow(InvalidWebhooksOptionError);
    expect(resolving(options)).toThrow(`option ${option} is `);
  });

  it.each<[string, object]>([
    ['request.schemes', { request: { schemes: [] } }],
    ['request.schemes', { request: { schemes: ['ftp'] } }],
    ['request.schemes', { request: { schemes: 'https' } }],
    ['request.ports', { request: { ports: [] } }],
    ['request.ports', { request: { ports: [443, 0] } }],
    ['request.ports', { request: { ports: [65_536] } }],
    ['request.ports', { request: { ports: ['443'] } }],
    ['request.ports', { request: { ports: 443 } }],
  ])('refuses, with the name of the list %s, %j', (option, options) => {
    expect(resolving(options)).toThrow(InvalidWebhooksOptionError);
    expect(resolving(options)).toThrow(`option ${option} is `);
    expect(resolving(options)).toThrow('must be a list of at least one of');
  });

  it.each<[string, object, string]>([
    ['dispatch.coalesceAvailability', { dispatch: { coalesceAvailability: 'false' } }, 'true or false'],
    ['retry.delaysMs', { retry: { delaysMs: 5000 } }, 'a list of delays in ms, or a function'],
    ['request.ca', { request: { ca: 'text' } }, 'a list of at least one certificate in PEM, or null'],
    ['request.ca', { request: { ca: [] } }, 'a list of at least one certificate in PEM, or null'],
    ['request.ca[1]', { request: { ca: [SELF_SIGNED, ''] } }, 'a certificate in PEM'],
    ['request.ca[0]', { request: { ca: [7] } }, 'a certificate in PEM'],
    ['request.proxy', { request: { proxy: 'proxy.internal:3128' } }, 'an http or https URL, or null'],
    ['request.proxy', { request: { proxy: 'socks5://proxy.internal' } }, 'an http or https URL, or null'],
    ['request.proxy', { request: { proxy: 7 } }, 'an http or https URL, or null'],
  ])('refuses, with the name of the option %s, %j: it must be %s', (option, options, allowed) => {
    expect(resolving(options)).toThrow(InvalidWebhooksOptionError);
    expect(resolving(options)).toThrow(`option ${option} is `);
    expect(resolving(options)).toThrow(`must be ${allowed}.`);
  });

  it.each([
    [{ dispatch: { polMs: 100 } }, 'dispatch.polMs. Did you mean dispatch.pollMs?'],
    [
      { dispatch: { concurrencyPerEndpoint: 1 } },
      'dispatch.concurrencyPerEndpoint. Did you mean dispatch.concurrencyPerWebhook?',
    ],
    [{ circuit: { firstOpensMs: 1 } }, 'circuit.firstOpensMs. Did you mean circuit.firstOpenMs?'],
    [{ retries: {} }, 'retries. Did you mean retry?'],
  ])('refuses the unknown name in %j with the nearest known one', (options, told) => {
    expect(resolving(options)).toThrow(InvalidWebhooksOptionError);
    expect(resolving(options)).toThrow(`octo-webhooks: there is no option ${told}`);
  });

  it.each([null, 5, 'x', []])('refuses %j as a group of options', (group) => {
    expect(resolving({ dispatch: group })).toThrow(InvalidWebhooksOptionError);
    expect(resolving({ dispatch: group })).toThrow('option dispatch is ');
    expect(resolving({ dispatch: group })).toThrow('must be an object of options.');
  });

  it.each<WebhooksModuleOptions>([
    { request: { schemes: ['https'], ports: [1, 65_535], allowAddresses: ['10.0.0.0/8'], denyAddresses: ['8.8.8.8'] } },
    { request: { schemes: ['http'], ports: null } },
    {
      emission: { requireTransaction: true },
      octo: { requireCapability: false, unknownUrlIsError: false, dottedEventNames: true },
    },
    { retry: { delaysMs: (attempts: number) => attempts } },
    {
      deactivation: { failingForMs: 365 * 86_400_000 },
      retention: { settledMs: 3650 * 86_400_000, deadMs: 3650 * 86_400_000 },
    },
    { deactivation: { failingForMs: null }, retention: { settledMs: null, deadMs: null } },
    { circuit: { failuresInRow: 1, failureRate: 0, minimumAttempts: 1, windowMs: 1000, firstOpenMs: 1, maxOpenMs: 1 } },
    { dispatch: { pollMs: 10, concurrency: 1, leaseMs: 2 }, request: { connectTimeoutMs: 1, timeoutMs: 1 } },
    { request: { maxResponseBytes: 0, maxBodyBytes: 1024 }, retry: { delaysMs: [0], jitter: 0 } },
    {
      dispatch: { leaseMs: 60_000 },
      request: { timeoutMs: 30_000, maxResponseBytes: 1_048_576 },
      retry: { jitter: 1 },
    },
  ])('accepts the values at the bounds %j', (options) => {
    expect(checkedOptions(options)).toMatchObject(options);
  });
});

describe('WebhooksModule', () => {
  class Host extends WebhooksHost {
    connectionOf = () => Promise.resolve(null);
    supplier = () => Promise.resolve({});
    serialize = () => Promise.resolve({});
    findForTrigger = () => Promise.resolve([]);
  }

  it.each<[object, string]>([
    [{ host: Host, transprot: {} }, 'transprot. Did you mean transport?'],
    [{ host: Host, resource: [] }, 'resource. Did you mean resources?'],
  ])('refuses the unknown name in %j at once, for options given directly and by a factory', (given, told) => {
    const options = given as { host: typeof Host };
    const message = `octo-webhooks: there is no option ${told}`;
    expect(() => WebhooksModule.forRoot(options)).toThrow(message);
    expect(() => WebhooksModule.forRootAsync({ ...options, useFactory: () => ({}) })).toThrow(message);
  });

  it.each<[unknown]>([[[class Product {}]], [[{ entity: class Product {} }]], [[null]], [{}], [null]])(
    'refuses %j as resources',
    (resources) => {
      const starting = () => WebhooksModule.forRoot({ host: Host, resources: resources as [] });
      expect(starting).toThrow(InvalidWebhooksOptionError);
      expect(starting).toThrow('must be a list of what webhookResource() returns.');
    },
  );

  it('refuses to start without a host', () => {
    const starting = () => WebhooksModule.forRoot({} as { host: typeof Host });
    expect(starting).toThrow(InvalidWebhooksOptionError);
    expect(starting).toThrow('option host is undefined, but must be a class that extends WebhooksHost');
  });
});
