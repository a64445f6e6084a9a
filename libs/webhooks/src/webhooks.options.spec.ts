import { describe, expect, it } from '@jest/globals';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';
import { resolveWebhooksOptions, type WebhooksModuleOptions } from './webhooks.options.js';

/** Refused values are often of a wrong type: a host may write its configuration in JavaScript. */
function resolving(options: object): () => unknown {
  return () => resolveWebhooksOptions(options);
}

describe('resolveWebhooksOptions', () => {
  it('has a default for everything', () => {
    expect(resolveWebhooksOptions({})).toMatchObject({
      dispatch: { enabled: true, pollMs: 1000, concurrency: 64, leaseMs: 60_000 },
      retry: { jitter: 0.2 },
      request: { connectTimeoutMs: 5000, timeoutMs: 15_000, maxResponseBytes: 16_384, allowPrivateAddresses: false },
      secrets: { keys: [] },
      maxBodyBytes: 1_048_576,
    });
  });

  it('takes keys of 32 bytes, as they are or in base64', () => {
    const key = Buffer.alloc(32, 7);
    const keys = [
      { id: 'k2', key: key.toString('base64') },
      { id: 'K_1.a-b', key },
    ];
    expect(resolveWebhooksOptions({ secrets: { keys } }).secrets.keys).toEqual([
      { id: 'k2', key },
      { id: 'K_1.a-b', key },
    ]);
  });

  it.each<[string, unknown]>([
    ['secrets.keys', 'c2VjcmV0'],
    ['secrets.keys[0].id', [null]],
    ['secrets.keys[0].id', [{ key: Buffer.alloc(32) }]],
    ['secrets.keys[0].id', [{ id: '', key: Buffer.alloc(32) }]],
    ['secrets.keys[0].id', [{ id: 'a:b', key: Buffer.alloc(32) }]],
    ['secrets.keys[0].id', [{ id: 'x'.repeat(65), key: Buffer.alloc(32) }]],
    ['secrets.keys[0].key', [{ id: 'k1' }]],
    ['secrets.keys[0].key', [{ id: 'k1', key: 's3cret' }]],
    ['secrets.keys[0].key', [{ id: 'k1', key: 's3cret key of 32 characters, no!' }]],
    ['secrets.keys[0].key', [{ id: 'k1', key: Buffer.alloc(31) }]],
    [
      'secrets.keys[1].key',
      [
        { id: 'k1', key: Buffer.alloc(32) },
        { id: 'k2', key: Buffer.alloc(33) },
      ],
    ],
    [
      'secrets.keys[1].id',
      [
        { id: 'k1', key: Buffer.alloc(32, 1) },
        { id: 'k1', key: Buffer.alloc(32, 2) },
      ],
    ],
  ])('refuses, with the name of the option %s and without the key, %j', (option, keys) => {
    expect(resolving({ secrets: { keys } })).toThrow(InvalidWebhooksOptionError);
    expect(resolving({ secrets: { keys } })).toThrow(`option ${option} is `);
    expect(resolving({ secrets: { keys } })).not.toThrow(/s3cret|c2VjcmV0/);
  });

  it('retries by default as Standard Webhooks recommends: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h', () => {
    const minutes = resolveWebhooksOptions({}).retry.delaysMs.map((delay) => delay / 60_000);
    expect(minutes).toEqual([5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440]);
  });

  it('takes what is given and leaves the rest of its group at the default', () => {
    const resolved = resolveWebhooksOptions({ dispatch: { pollMs: 50 }, retry: { delaysMs: [] }, maxBodyBytes: 2048 });
    expect(resolved).toMatchObject({
      dispatch: { enabled: true, pollMs: 50, concurrency: 64 },
      retry: { delaysMs: [], jitter: 0.2 },
      maxBodyBytes: 2048,
    });
  });

  it.each<[string, object]>([
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
    ['maxBodyBytes', { maxBodyBytes: 1023 }],
    ['maxBodyBytes', { maxBodyBytes: 8_388_609 }],
    ['retry.delaysMs[1]', { retry: { delaysMs: [1000, -1] } }],
    ['retry.delaysMs[0]', { retry: { delaysMs: [2_592_000_001] } }],
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

  it.each<[unknown]>([[[class Product {}]], [[{ entity: class Product {} }]], [[null]], [{}], [null]])(
    'refuses as resources %j',
    (resources) => {
      expect(resolving({ emission: { resources } })).toThrow(InvalidWebhooksOptionError);
      expect(resolving({ emission: { resources } })).toThrow('must be a list of what webhookResource() returns.');
    },
  );

  it.each<WebhooksModuleOptions>([
    { request: { schemes: ['https'], ports: [1, 65_535], allowAddresses: ['10.0.0.0/8'], denyAddresses: ['8.8.8.8'] } },
    { request: { ports: null } },
    { dispatch: { pollMs: 10, concurrency: 1, leaseMs: 2 }, request: { connectTimeoutMs: 1, timeoutMs: 1 } },
    { request: { maxResponseBytes: 0 }, maxBodyBytes: 1024, retry: { delaysMs: [0], jitter: 0 } },
    {
      dispatch: { leaseMs: 60_000 },
      request: { timeoutMs: 30_000, maxResponseBytes: 1_048_576 },
      retry: { jitter: 1 },
    },
  ])('takes the outermost values %j', (options) => {
    expect(resolveWebhooksOptions(options)).toMatchObject(options);
  });
});
