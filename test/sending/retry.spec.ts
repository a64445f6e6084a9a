import { afterEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery } from 'nestjs-octo-webhooks';
import { Webhook as Verifier } from 'standardwebhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, TEST_OPTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnDatabases('A failed delivery', (kind) => {
  const clock = new TestClock();
  const host = useTestHost(
    kind,
    { retry: { ...TEST_OPTIONS.retry, maxRetryAfterMs: 1500 } },
    { extras: { clock: { useValue: clock } } },
  );
  const receiver = useReceiver();
  afterEach(() => clock.reset());

  const deliveries = (webhookId: string) => host.dataSource.getRepository(WebhookDelivery).findBy({ webhookId });
  const settled = (webhookId: string, status: string) =>
    waitUntil(`a ${status} delivery`, async () => (await deliveries(webhookId)).some((one) => one.status === status));

  it('it is tried again until it succeeds, with the same webhook-id and bytes, and each attempt is signed anew and logged', async () => {
    receiver.answerNext(500, 500, 200);
    const webhook = await host.subscribe({ url: receiver.url() });
    await host.emitter.emit(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'));
    await settled(webhook.id, 'delivered');

    const [first, second, third] = await receiver.received(3);
    expect(receiver.requests).toHaveLength(3);
    expect(new Set([first, second, third].map((request) => request?.headers['webhook-id'])).size).toBe(1);
    expect(second?.raw.equals(first?.raw ?? Buffer.of())).toBe(true);
    expect(third?.raw.equals(first?.raw ?? Buffer.of())).toBe(true);
    for (const request of receiver.requests) {
      expect(() =>
        new Verifier(webhook.signingSecret).verify(request.raw, request.headers as Record<string, string>),
      ).not.toThrow();
    }
    expect(third?.body.diff).toEqual([{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }]);

    const [delivery] = await deliveries(webhook.id);
    const attempts = await host.dataSource
      .getRepository(WebhookAttempt)
      .find({ where: { deliveryId: delivery?.id ?? '' }, order: { number: 'ASC' } });
    expect(delivery).toMatchObject({ id: first?.headers['webhook-id'], attempts: 3, leaseToken: NO_LEASE });
    expect(attempts).toMatchObject([
      { number: 1, responseStatus: 500, failure: 'http_status', responseBody: 'answered 500' },
      { number: 2, responseStatus: 500, failure: 'http_status' },
      { number: 3, responseStatus: 200, failure: null, responseBody: 'answered 200' },
    ]);
  });

  it('with retryOnError: false it is tried once', async () => {
    receiver.answerAlways(500);
    const webhook = await host.subscribe({ url: receiver.url(), retryOnError: false });
    await host.emitter.emit(bookingChange('b-2', 'ON_HOLD', 'CONFIRMED'));
    await settled(webhook.id, 'dead');
    // A second delivery that has gone through shows that no further attempt was waiting before it.
    receiver.answerAlways(200);
    await host.emitter.emit(bookingChange('b-3', 'ON_HOLD', 'CONFIRMED'));
    await settled(webhook.id, 'delivered');
    expect(receiver.requests.map(({ body }) => body.booking?.['uuid'])).toEqual(['b-2', 'b-3']);
  });

  it('after the last delay of the schedule it is dead, but not removed', async () => {
    receiver.answerAlways(503);
    const webhook = await host.subscribe({ url: receiver.url() });
    await host.emitter.emit(bookingChange('b-4', 'ON_HOLD', 'CONFIRMED'));
    await settled(webhook.id, 'dead');
    expect(receiver.requests).toHaveLength(4);
    expect(await deliveries(webhook.id)).toMatchObject([{ status: 'dead', attempts: 4 }]);
  });

  it('it holds back later changes of the same booking, and no others', async () => {
    const webhook = await host.subscribe({ url: receiver.url() });
    receiver.answerNext(500, 500);
    await host.emitter.emit(bookingChange('b-5', 'ON_HOLD', 'CONFIRMED'));
    await receiver.received(1);
    await host.emitter.emit(bookingChange('b-5', 'CONFIRMED', 'CANCELLED'));
    await host.emitter.emit(bookingChange('b-5', 'CANCELLED', 'REBOOKED'));
    await receiver.received(5);
    await waitUntil('all to be settled', async () =>
      (await deliveries(webhook.id)).every(({ status }) => status === 'delivered'),
    );
    expect(receiver.requests.map(({ body }) => body.booking?.['status'])).toEqual([
      'CONFIRMED',
      'CONFIRMED',
      'CONFIRMED',
      'CANCELLED',
      'REBOOKED',
    ]);
  });

  it.each([
    ['1', 1000],
    [new Date(Date.now() + 3_600_000).toUTCString(), 1500],
    ['315360000', 1500],
  ])('it waits as long as Retry-After: %s asks, within bounds', async (retryAfter, expected) => {
    clock.stop();
    receiver.headers = { 'retry-after': retryAfter };
    receiver.answerNext(500);
    const webhook = await host.subscribe({ url: receiver.url() });
    await host.emitter.emit(bookingChange('b-7', 'ON_HOLD', 'CONFIRMED'));
    await waitUntil('the failure', async () => (await deliveries(webhook.id)).some(({ attempts }) => attempts === 1));
    const [delivery] = await deliveries(webhook.id);
    const { startedAt } = await host.dataSource
      .getRepository(WebhookAttempt)
      .findOneByOrFail({ deliveryId: delivery?.id ?? '' });
    expect(Number(delivery?.dueAt) - startedAt.getTime()).toBe(expected);
  });

  it('a redirect counts as a failure and is not followed', async () => {
    receiver.answerNext(302);
    const webhook = await host.subscribe({ url: receiver.url(), retryOnError: false });
    await host.emitter.emit(bookingChange('b-6', 'ON_HOLD', 'CONFIRMED'));
    await settled(webhook.id, 'dead');
    const [delivery] = await deliveries(webhook.id);
    const attempts = await host.dataSource.getRepository(WebhookAttempt).findBy({ deliveryId: delivery?.id ?? '' });
    expect(attempts).toMatchObject([{ responseStatus: 302, failure: 'redirect' }]);
    expect(receiver.requests).toHaveLength(1);
  });
});
