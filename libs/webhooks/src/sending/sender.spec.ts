import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { webhookWith } from '../../../../test/support/webhook.js';
import { LatePayloadError } from '../fan-out/late-payloads.js';
import { SystemClock } from '../host/webhooks-host.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { Sender } from './sender.js';
import type { ClaimedDelivery } from '../deliveries/claim.js';
import { WebhookRetryPolicy } from './retry-schedule.js';
import { WebhookTransport, type WebhookRequest, type WebhookResponse } from './transport/webhook-transport.js';

const NOW = 1_000_000;
const MAX_RETRY_AFTER_MS = 10_000;

describe('An attempt', () => {
  let now: number;
  let answer: Partial<WebhookResponse>;
  let thrown: unknown;
  let requests: WebhookRequest[];
  let delayAfter: (attempts: number) => number | null;
  let sharedBody: Buffer | null;
  let latePayload: () => Promise<Buffer | null>;

  beforeEach(() => {
    now = NOW;
    answer = { status: 500 };
    thrown = null;
    requests = [];
    delayAfter = () => 1000;
    sharedBody = Buffer.from('{"event":"booking_update","supplier":{}}');
    latePayload = () => Promise.reject(new Error('The payload is built already.'));
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  class Transport extends WebhookTransport {
    override async post(request: WebhookRequest): Promise<WebhookResponse> {
      requests.push(request);
      if (thrown !== null) AbortSignal.abort(thrown).throwIfAborted();
      return { status: 200, headers: {}, body: '', ...answer };
    }
  }
  class Policy extends WebhookRetryPolicy {
    override delayAfter(attempts: number): number | null {
      return delayAfter(attempts);
    }
  }
  class Clock extends SystemClock {
    override now(): number {
      return now;
    }
  }

  const send = (receiver: ClaimedDelivery['webhook'] = webhookWith(), maxRetryAfterMs = MAX_RETRY_AFTER_MS) =>
    new Sender(
      new Transport(),
      { build: () => latePayload() },
      new Policy(),
      new Clock(),
      resolveWebhooksOptions({ retry: { maxRetryAfterMs } }),
    ).send({
      id: 'd',
      leaseToken: 'lease',
      leaseEndsAt: NOW + 60_000,
      webhookId: 'w',
      payloadId: 'p',
      resourceKey: 'booking_update\tb-1',
      attempts: 2,
      webhook: receiver,
      eventId: 'e',
      sharedBody,
    });
  const nextOf = async (...args: Parameters<typeof send>) => (await send(...args)).settlement.next;

  describe('that fails', () => {
    it('asks the retry policy with the number of attempts made, this one included', async () => {
      delayAfter = (attempts) => attempts * 1000;
      expect(await nextOf()).toEqual({ status: 'pending', dueAt: NOW + 3000 });
      delayAfter = () => null;
      expect(await nextOf()).toEqual({ status: 'dead' });
      delayAfter = () => 1000;
      expect(await nextOf(webhookWith({ retryOnError: false }))).toEqual({ status: 'dead' });
    });

    it.each([
      ['less than the schedule has', '1', MAX_RETRY_AFTER_MS, 1000],
      ['more', '7', MAX_RETRY_AFTER_MS, 7000],
      ['too much', '999999', MAX_RETRY_AFTER_MS, MAX_RETRY_AFTER_MS],
      ['something where nobody listens', '7', 0, 1000],
    ])('is put off by a Retry-After of %s within bounds', async (_, retryAfter, most, delay) => {
      answer = { status: 500, headers: { 'retry-after': retryAfter } };
      expect(await nextOf(webhookWith(), most)).toEqual({ status: 'pending', dueAt: NOW + delay });
    });

    it('is followed by another when the receiver says that it is gone', async () => {
      answer = { status: 410, headers: {} };
      const { settlement, verdict } = await send();
      expect(settlement).toMatchObject({ next: { status: 'pending' }, attempt: { number: 3, responseStatus: 410 } });
      expect(verdict).toMatchObject({ kind: 'failed', gone: true });
    });

    it.each([
      ['throws', () => JSON.parse('no JSON') as number],
      ['returns NaN', () => Number.NaN],
      ['returns Infinity', () => Number.POSITIVE_INFINITY],
    ])('is settled even if the policy %s: the next attempt is in a minute', async (_, faulty) => {
      delayAfter = faulty;
      const { settlement } = await send();
      expect(settlement.next).toEqual({ status: 'pending', dueAt: NOW + 60_000 });
      expect(settlement.attempt).toMatchObject({ number: 3, responseStatus: 500 });
    });

    it.each([
      [-5000, 0],
      [1000.4, 1000],
    ])(
      'turns a delay of %p from the policy into %p, because a due time is a whole number and not in the past',
      async (...delays) => {
        const [given, taken] = delays;
        delayAfter = () => given;
        expect(await nextOf()).toEqual({ status: 'pending', dueAt: NOW + taken });
      },
    );

    it.each([new Error('Bang.'), 'Bang.'])('is settled whatever the transport throws: %p', async (error) => {
      thrown = error;
      const { settlement, verdict } = await send();
      expect(settlement.attempt).toMatchObject({ failure: 'protocol', failureMessage: 'Bang.', responseStatus: null });
      expect(verdict).toMatchObject({ kind: 'failed', gone: false, overloaded: false });
    });
  });

  describe('at a webhook that cannot be read', () => {
    const unreadable = new UnreadableWebhookError('w', 'url', 'k1', 'the key is unknown');

    it('sends nothing, is logged and counted, and does not change the receiver’s health', async () => {
      const { settlement, verdict } = await send(unreadable);
      expect(requests).toEqual([]);
      expect(settlement.next).toEqual({ status: 'pending', dueAt: NOW + 1000 });
      expect(settlement.attempt).toMatchObject({ number: 3, failure: 'unreadable', responseStatus: null });
      expect(verdict).toEqual({ kind: 'none' });
    });

    it('is retried even if `retryOnError` is off, when no request can be made of what was read', async () => {
      const { settlement, verdict } = await send(webhookWith({ retryOnError: false, url: 'no url' }));
      expect(settlement).toMatchObject({ next: { status: 'pending' }, attempt: { failure: 'unreadable' } });
      expect(verdict).toEqual({ kind: 'none' });
    });

    it('is the last when the schedule is over', async () => {
      delayAfter = () => null;
      expect(await nextOf(unreadable)).toEqual({ status: 'dead' });
    });
  });

  describe('whose payload could not be built at fan-out', () => {
    beforeEach(() => {
      sharedBody = null;
    });

    it('sends the payload that is built now', async () => {
      answer = { status: 200 };
      latePayload = () => Promise.resolve(Buffer.from('{"event":"booking_update","supplier":{"id":"late"}}'));
      expect(await nextOf()).toEqual({ status: 'delivered' });
      expect(String(requests[0]?.body)).toContain('"supplier":{"id":"late"}');
    });

    it('fails without a request, even if `retryOnError` is off, and does not change the receiver’s health', async () => {
      latePayload = () => Promise.reject(new LatePayloadError('No content for this product.'));
      const { settlement, verdict } = await send(webhookWith({ retryOnError: false }));
      expect(requests).toEqual([]);
      expect(settlement.next).toEqual({ status: 'pending', dueAt: NOW + 1000 });
      expect(settlement.attempt).toMatchObject({ failure: 'payload', failureMessage: 'No content for this product.' });
      expect(verdict).toEqual({ kind: 'none' });
    });

    it('is not made when the change turns out to be invisible to the webhook: the delivery is cancelled', async () => {
      latePayload = () => Promise.resolve(null);
      const { settlement, verdict } = await send();
      expect(settlement).toMatchObject({ next: { status: 'cancelled' }, attempt: null });
      expect(verdict).toEqual({ kind: 'none' });
    });

    it('is not settled when the database is away', async () => {
      const away = new Error('read ECONNRESET');
      latePayload = () => Promise.reject(away);
      await expect(send()).rejects.toBe(away);
    });
  });

  describe('stores of the answer', () => {
    const answerTo = async (status: number, body: string, receiver = webhookWith()) => {
      answer = { status, body };
      return (await send(receiver)).settlement.attempt?.responseBody;
    };

    it.each([
      ['all 1024 bytes', 'x'.repeat(1024), 'x'.repeat(1024)],
      ['the first 1024 bytes', 'x'.repeat(16_384), 'x'.repeat(1024)],
      ['whole characters', `x${'é'.repeat(600)}`, `x${'é'.repeat(511)}`],
      ['not more for characters that cannot be stored', '\0'.repeat(1024), '\uFFFD'.repeat(341)],
      ['the byte order mark', '\uFEFFok', '\uFEFFok'],
    ])('%s when it is delivered', async (_, body, stored) => {
      expect(await answerTo(200, body)).toBe(stored);
    });

    it('no part of a secret that the cut would divide', async () => {
      const receiver = webhookWith({ headers: { 'x-key': 's3cret-key' } });
      expect(await answerTo(200, `${'x'.repeat(1021)}s3cret-key`, receiver)).toBe(`${'x'.repeat(1021)}***`);
    });

    it.each([199, 300, 404, 500])('everything that was read when it fails with %i', async (status) => {
      expect(await answerTo(status, 'x'.repeat(16_384))).toBe('x'.repeat(16_384));
    });
  });

  it('is not made at a webhook that is deleted or inactive: the delivery is cancelled', async () => {
    const { settlement, verdict } = await send(null);
    expect(requests).toEqual([]);
    expect(settlement).toMatchObject({ next: { status: 'cancelled' }, attempt: null });
    expect(verdict).toEqual({ kind: 'none' });
  });
});
