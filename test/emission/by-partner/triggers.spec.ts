import { beforeEach, expect, it } from '@jest/globals';
import {
  OctoError,
  WebhookDelivery,
  WebhookEvent,
  WebhookPayload,
  WebhookTriggerService,
  type AvailabilityTriggerQuery,
  type JsonObject,
  type TriggerMatch,
  type TriggerQuery,
  type TriggerRequest,
  type Webhook,
} from 'nestjs-octo-webhooks';
import { FanOut } from '../../../libs/webhooks/src/fan-out/fan-out.js';
import { TriggeredFanOut } from '../../../libs/webhooks/src/fan-out/triggered-fan-out.js';
import { IsNull, Not } from 'typeorm';
import { describeOnServers } from '../../support/each-database.js';
import { emptyTables } from '../../support/empty-tables.js';
import { fanOutAll } from '../../support/fan-out-all.js';
import { everythingSent } from '../../support/outbox-state.js';
import { useReceiver } from '../../support/receiver.js';
import { TestLog } from '../../support/test-log.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../../support/test-host.js';
import { useTestHost } from '../../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../../support/watched-database.js';
import { waitUntil } from '../../support/wait-until.js';

const { a, b } = CONNECTIONS;
const LIMIT = 5;
const NEVER_CALLED = 'http://127.0.0.1:9/never-called';

/** What the host answers to searches, and what it was asked. */
const host = {
  asked: [] as TriggerQuery[],
  find: async (_: TriggerQuery): Promise<readonly TriggerMatch[]> => [],
};
class FindingHost extends TestWebhooksHost {
  override findForTrigger(query: TriggerQuery): Promise<readonly TriggerMatch[]> {
    host.asked.push(query);
    return host.find(query);
  }
}

/** A host with these bookings. */
const bookings =
  (...states: (JsonObject & { uuid: string })[]) =>
  async (): Promise<readonly TriggerMatch[]> =>
    states.map((state) => ({ resourceId: state.uuid, state }));
/** A host with every slot that is asked for. */
const slots = async (query: TriggerQuery): Promise<readonly TriggerMatch[]> =>
  query.event === 'availability_update' ? query.availabilityIds.map((id) => ({ resourceId: id, state: { id } })) : [];

const emptied = () => {
  host.asked = [];
  host.find = async () => [];
};
const SLOTS: TriggerRequest = { productId: 'p-1', optionId: 'o-1', units: [{ id: 'adult', quantity: 2 }] };

describeOnServers('What a partner triggers', (kind) => {
  const log = new TestLog();
  const receiver = useReceiver();
  const running = useTestHost(kind, {}, { extras: { host: FindingHost }, logger: log });

  beforeEach(async () => {
    emptied();
    await emptyTables(running.dataSource);
    receiver.requests = [];
    log.clear();
  });

  const trigger = (webhook: Webhook, request: TriggerRequest) =>
    running.app.get(WebhookTriggerService).trigger(a, webhook.id, request);
  const deliveries = () => running.dataSource.getRepository(WebhookDelivery);

  it('is sent in the state at its own turn, behind what waits before it, and its record state is that one', async () => {
    const webhook = await running.subscribe({ url: receiver.url() });
    host.find = bookings({ uuid: 'b-0', status: 'OTHER' }, { uuid: 'b-1', status: 'ON_HOLD' });
    receiver.hold();
    await running.emitter.emit(bookingChange('b-1', null, 'ON_HOLD'));
    await receiver.received(1);
    await trigger(webhook, { reference: 'R-1' });
    host.find = bookings({ uuid: 'b-0', status: 'OTHER' }, { uuid: 'b-1', status: 'CONFIRMED' });
    receiver.release();
    const requests = await receiver.received(3);
    const ofBooking = requests.filter(({ body }) => body.booking?.['uuid'] === 'b-1').map(({ body }) => body);
    expect(ofBooking).toMatchObject([
      { booking: { status: 'ON_HOLD' } },
      { booking: { status: 'CONFIRMED' }, diff: [] },
    ]);
    const id = String(requests.find(({ body }) => body.booking?.['status'] === 'CONFIRMED')?.headers['webhook-id']);
    expect(await running.dataSource.getRepository(WebhookEvent).findOneByOrFail({ id })).toMatchObject({
      after: { uuid: 'b-1', status: 'CONFIRMED' },
      before: null,
    });
  });

  it('is compared with the record state that was sent, though the object has changed since', async () => {
    const webhook = await running.subscribe({ url: receiver.url() });
    await running.emitter.emit(bookingChange('b-1', null, 'ON_HOLD'));
    const [first] = await receiver.received(1);
    let status = 'CONFIRMED';
    host.find = async () => {
      const found = await bookings({ uuid: 'b-1', status })();
      status = 'CANCELLED';
      return found;
    };
    await trigger(webhook, { reference: 'R-1', orderRecordState: String(first?.headers['octo-record-state']) });
    const [, second] = await receiver.received(2);
    expect(second?.body).toMatchObject({
      booking: { status: 'CANCELLED' },
      diff: [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CANCELLED' }],
    });
  });

  it('is the same at every attempt', async () => {
    const webhook = await running.subscribe({ url: receiver.url() });
    receiver.answerNext(500, 500);
    let version = 0;
    host.find = () => bookings({ uuid: 'b-1', version: (version += 1) })();
    await trigger(webhook, { reference: 'R-1' });
    const requests = await receiver.received(3);
    expect(requests.map(({ body }) => body.booking?.['version'])).toEqual([2, 2, 2]);
  });

  it('is what another process has stored meanwhile, if the lease was lost', async () => {
    const webhook = await running.subscribe({ url: receiver.url() });
    host.find = bookings({ uuid: 'b-1', version: 1 });
    await trigger(webhook, { reference: 'R-0' });
    await receiver.received(1);
    const stored = '{"event":"booking_update","booking":{"uuid":"b-1","version":"stored"}}';
    host.find = async () => {
      // The trigger itself searches before there is a payload.
      await running.dataSource.getRepository(WebhookPayload).update({ body: IsNull() }, { body: stored });
      return bookings({ uuid: 'b-1', version: 2 })();
    };
    await trigger(webhook, { reference: 'R-1' });
    const [, second] = await receiver.received(2);
    expect(second?.body.booking).toEqual({ uuid: 'b-1', version: 'stored' });
  });

  it('is searched again for the connections that the webhook has then, and each slot alone', async () => {
    const webhook = await running.subscribe({ event: 'availability_update', url: receiver.url(), apiKey: 'key-b' });
    await running.subscribe({ event: 'booking_update', url: NEVER_CALLED }, b);
    host.find = slots;
    receiver.hold();
    await running.emitter.emit({
      ...{ event: 'availability_update', supplierId: a.supplierId, productId: 'p-1', optionId: 'o-1' },
      availabilityId: 's-1',
      after: { id: 's-1' },
    });
    await receiver.received(1);
    await trigger(webhook, { ...SLOTS, availabilityIds: ['s-1'] });
    await running.webhooks.update(a, webhook.id, { apiKeys: [] }, []);
    receiver.release();
    await receiver.received(2);
    const asked = host.asked as AvailabilityTriggerQuery[];
    expect(asked.map(({ connectionIds }) => [...connectionIds].sort())).toEqual([[a.id, b.id], [a.id]]);
    expect(asked[1]).toEqual({ ...asked[0], connectionIds: [a.id] });

    await trigger(webhook, { ...SLOTS, availabilityIds: ['s-2', 's-3'] });
    await receiver.received(4);
    expect((host.asked as AvailabilityTriggerQuery[]).slice(3).map(({ availabilityIds }) => availabilityIds)).toEqual(
      expect.arrayContaining([['s-2'], ['s-3']]),
    );
  });

  it.each<[what: string, find: typeof host.find]>([
    ['no longer finds it', bookings({ uuid: 'b-2' })],
    ['refuses the search', () => Promise.reject(new OctoError('INVALID_BOOKING_UUID', 'There is no such booking.'))],
  ])('is cancelled, with a line in the log, when the host %s', async (_, find) => {
    const webhook = await running.subscribe({ url: receiver.url() });
    host.find = async () => {
      host.find = find;
      return bookings({ uuid: 'b-1' })();
    };
    const { requestId } = await trigger(webhook, { reference: 'R-1' });
    await everythingSent(running.dataSource.manager);
    expect(await deliveries().find()).toMatchObject([{ id: requestId, status: 'cancelled' }]);
    expect(receiver.requests).toEqual([]);
    expect(log.problems.join('\n')).toContain(
      `Delivery ${requestId} is cancelled: the webhook's connections no longer have the object`,
    );
  });

  it.each([new Error('The database of bookings is away.'), new OctoError('INTERNAL_SERVER_ERROR', 'Out of order.')])(
    'is tried again when the host fails with %s',
    async (fault) => {
      const webhook = await running.subscribe({ url: receiver.url() });
      host.find = async () => {
        host.find = async () => {
          host.find = bookings({ uuid: 'b-1' });
          throw fault;
        };
        return bookings({ uuid: 'b-1' })();
      };
      const { requestId } = await trigger(webhook, { reference: 'R-1' });
      await receiver.received(1);
      await everythingSent(running.dataSource.manager);
      expect(await deliveries().find()).toMatchObject([{ id: requestId, status: 'delivered', attempts: 2 }]);
    },
  );

  it('is one delivery for each slot, even if one is named twice', async () => {
    const webhook = await running.subscribe({ event: 'availability_update', url: receiver.url() });
    host.find = slots;
    const { deliveries: count } = await trigger(webhook, { ...SLOTS, availabilityIds: ['s-1', 's-2', 's-1'] });
    expect(count).toBe(2);
    await everythingSent(running.dataSource.manager);
    expect(receiver.requests.map(({ body }) => body.availability?.['id']).sort()).toEqual(['s-1', 's-2']);
  });

  it('delays no change: another partner gets it while the host does not answer for what was triggered', async () => {
    const hostile = await running.subscribe({ event: 'availability_update', url: NEVER_CALLED });
    await running.subscribe({ event: 'availability_update', url: receiver.url() }, b);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    host.find = async (query) => {
      // The request names many slots, and is answered at once.
      if (query.event === 'availability_update' && query.availabilityIds.length === 1) await answered;
      return slots(query);
    };
    const availabilityIds = Array.from({ length: 100 }, (_, index) => `s-${index}`);
    await trigger(hostile, { ...SLOTS, availabilityIds });
    await waitUntil('the host to be asked', () => host.asked.length > 1);
    for (const id of ['s-0', 's-99', 's-100']) {
      await running.emitter.emit({
        ...{ event: 'availability_update', supplierId: a.supplierId, productId: 'p-1', optionId: 'o-1' },
        availabilityId: id,
        after: { id },
      });
    }
    const received = await receiver.received(3);
    expect(received.map(({ body }) => body.availability?.['id']).sort()).toEqual(['s-0', 's-100', 's-99']);
    const pending = { webhookId: hostile.id, status: 'pending', triggerRequestId: Not(IsNull()), attempts: 0 } as const;
    expect(await deliveries().countBy(pending)).toBe(100);
    answer();
    await running.webhooks.delete(a, hostile.id);
    await everythingSent(running.dataSource.manager);
  });
});

describeOnServers('The number of deliveries that a partner may trigger', (kind) => {
  const options = { dispatch: { enabled: false }, limits: { pendingTriggersPerWebhook: LIMIT } };
  const steps = new DatabaseSteps();
  const running = useTestHost(kind, options, { extras: { host: FindingHost }, overrides: [watchedDatabase(steps)] });
  let webhook: Webhook;

  beforeEach(async () => {
    emptied();
    host.find = slots;
    await emptyTables(running.dataSource);
    webhook = await running.subscribe({ event: 'availability_update', url: NEVER_CALLED });
  });

  const trigger = (count: number, of: Webhook = webhook) =>
    running.app
      .get(WebhookTriggerService)
      .trigger(a, of.id, { ...SLOTS, availabilityIds: Array.from({ length: count }, (_, index) => `s-${index}`) });
  const events = () => running.dataSource.getRepository(WebhookEvent);
  const refusal = (pending: number, wanted: number) =>
    expect.objectContaining({
      code: 'UNPROCESSABLE_ENTITY',
      message:
        `${pending} triggered deliveries of this webhook wait, and at most 5 may; this request triggers ${wanted} more. ` +
        'Try again when some have been delivered.',
      offending: { pendingTriggersPerWebhook: LIMIT },
    });

  it('counts those that wait to be fanned out, and those that wait to be delivered, once', async () => {
    await trigger(LIMIT);
    await expect(trigger(1)).rejects.toEqual(refusal(5, 1));
    const broken = new Error('killed');
    steps.once('afterCommit', () => Promise.reject(broken));
    await expect(running.app.get(TriggeredFanOut).run()).rejects.toBe(broken);
    await expect(trigger(1)).rejects.toEqual(refusal(5, 1));
    await running.app.get(TriggeredFanOut).run();
    await expect(trigger(1)).rejects.toEqual(refusal(5, 1));
    const [one] = await running.dataSource.getRepository(WebhookDelivery).find();
    await running.dataSource.getRepository(WebhookDelivery).update({ id: one?.id ?? '' }, { status: 'delivered' });
    await expect(trigger(2)).rejects.toEqual(refusal(4, 2));
    await trigger(1);
  });

  it('refuses a request as a whole, and counts neither other webhooks nor what the host emits', async () => {
    await expect(trigger(LIMIT + 1)).rejects.toEqual(refusal(0, 6));
    expect(await events().count()).toBe(0);
    const other = await running.subscribe({ event: 'availability_update', url: NEVER_CALLED });
    await trigger(LIMIT, other);
    await trigger(1);
    await running.app.get(TriggeredFanOut).run();
    for (let count = 0; count < LIMIT; count += 1) {
      await running.emitter.emit({
        ...{ event: 'availability_update', supplierId: a.supplierId, productId: 'p-1', optionId: 'o-1' },
        availabilityId: `t-${count}`,
        after: {},
      });
    }
    await fanOutAll(running.app.get(FanOut));
    await trigger(LIMIT - 1);
  });

  it('is not passed by requests at the same time', async () => {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => trigger(2)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))).toEqual(
      Array.from({ length: 6 }, () => refusal(4, 2)),
    );
    expect(await events().countBy({ status: 'triggered' })).toBe(4);
  });
});
