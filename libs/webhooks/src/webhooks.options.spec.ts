import { describe, expect, it } from '@jest/globals';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';
import { resolveWebhooksOptions } from './webhooks.options.js';

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
      maxBodyBytes: 1_048_576,
    });
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

  it.each([
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

  it.each([[class Product {}], { entity: class Product {} }, [null], null])(
    'refuses resources that are %j',
    (resources) => {
      expect(resolving({ emission: { resources } })).toThrow(InvalidWebhooksOptionError);
      expect(resolving({ emission: { resources } })).toThrow('must be a list of what webhookResource() returns.');
    },
  );
});
