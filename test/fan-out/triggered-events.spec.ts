import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookEvent, WebhookTriggerService, type Webhook } from 'nestjs-octo-webhooks';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import type { InsertedDeliveries } from '../../libs/webhooks/src/deliveries/handover.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { TriggeredFanOut } from '../../libs/webhooks/src/fan-out/triggered-fan-out.js';
import { ATTEMPT, claimOneFor } from '../support/claimed-deliveries.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { FindingHost } from '../support/finding-host.js';
import { untilLockWait } from '../support/lock-waits.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;

describeOnDatabases(
  'An event that a partner has triggered',
  (kind) => {
    const clock = new TestClock();
    const steps = new DatabaseSteps();
    const extras = { host: FindingHost, clock: { useValue: clock } };
    const options = { dispatch: { enabled: false, leaseMs: LEASE_MS } };
    const host = useTestHost(kind, options, { extras, overrides: [watchedDatabase(steps)] });
    let webhook: Webhook;

    beforeEach(async () => {
      clock.stop();
      await emptyTables(host.dataSource);
      webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    });

    const trigger = async (uuid: string, of: Webhook = webhook): Promise<string> =>
      (await host.app.get(WebhookTriggerService).trigger(CONNECTIONS.a, of.id, { reference: uuid })).requestId;
    const emit = (uuid: string, properties: object = {}) =>
      host.emitter.emit({ ...bookingChange(uuid, null, 'CONFIRMED'), ...properties });
    const fanOut = () => host.app.get(FanOut).run();
    const fanOutTriggered = (): Promise<number> => host.app.get(TriggeredFanOut).run();
    /** Fans out what was triggered while another transaction is about to commit, for which it has to wait. */
    const fanOutTriggeredBeforeCommitOf = async (work: () => Promise<unknown>): Promise<void> => {
      let triggered: Promise<unknown> = Promise.resolve();
      steps.once('beforeCommit', async () => {
        triggered = fanOutTriggered();
        await untilLockWait(host.dataSource, triggered);
      });
      await work();
      await triggered;
    };
    const events = () => host.dataSource.getRepository(WebhookEvent);
    const statuses = async (): Promise<string[]> =>
      (await events().find({ order: { sequence: 1 } })).map(({ status }) => status);
    const deliveries = () => host.dataSource.getRepository(WebhookDelivery);
    /** Which of the deliveries of a webhook are triggered, in the order of their events, and which are due. */
    const lane = async ({ id }: Webhook = webhook): Promise<string[]> =>
      (await deliveries().find({ where: { webhookId: id, status: 'pending' }, order: { eventSequence: 1 } })).map(
        ({ triggerRequestId, dueAt }) =>
          `${triggerRequestId === null ? 'emitted' : 'triggered'}${dueAt === null ? '' : ', due'}`,
      );
    const settleOne = async (): Promise<void> => {
      const delivery = await claimOneFor(host, webhook.id);
      await host.app.get(DeliverySettlements).settle([{ delivery, next: { status: 'delivered' }, attempt: ATTEMPT }]);
    };

    it('holds up no event of its resource, and none of another', async () => {
      for (let count = 0; count < 60; count += 1) await trigger('b-1');
      clock.advance(1);
      await emit('b-1');
      await emit('b-2');
      expect(await fanOut()).toBe(2);
      expect((await statuses()).slice(60)).toEqual(['fanned_out', 'fanned_out']);
      expect((await statuses()).slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 'triggered'));
      expect(await lane()).toEqual(['emitted, due', 'emitted, due']);
    });

    it('waits while an earlier event of its resource is pending, but for no later one, and none of another resource or supplier', async () => {
      await emit('b-2');
      await emit('b-1', { supplierId: 'supplier-2', connectionIds: [CONNECTIONS.z.id] });
      await trigger('b-1');
      await emit('b-1');
      await trigger('b-1');
      expect(await fanOutTriggered()).toBe(1);
      expect(await statuses()).toEqual(['pending', 'pending', 'fanned_out', 'pending', 'triggered']);
      expect(await fanOut()).toBe(3);
      expect(await fanOutTriggered()).toBe(1);
      expect(await lane()).toEqual(['emitted, due', 'triggered, due', 'emitted', 'triggered']);
      expect(await fanOutTriggered()).toBe(0);
    });

    it('has one delivery with its id, whose payload is yet to be built, and its process is told to claim it', async () => {
      const told: InsertedDeliveries[] = [];
      const id = await trigger('b-1');
      await host.app.get(TriggeredFanOut).run({
        freeSlots: () => ({ take: () => true }),
        dispatch: async (inserted) => void told.push(inserted),
        giveBack: () => undefined,
      });
      expect(told).toEqual([{ leased: [], webhookIds: new Set([webhook.id]) }]);
      expect(await deliveries().find()).toMatchObject([
        { id, webhookId: webhook.id, triggerRequestId: id, attempts: 0 },
      ]);
      expect(await claimOneFor(host, webhook.id)).toMatchObject({ id, eventId: id, sharedBody: null });
    });

    it('takes its place behind what waits in its lane, and its turn comes when that has been sent', async () => {
      await emit('b-1');
      await fanOut();
      await trigger('b-1');
      await fanOutTriggered();
      await emit('b-1');
      await fanOut();
      expect(await lane()).toEqual(['emitted, due', 'triggered', 'emitted']);
      await settleOne();
      expect(await lane()).toEqual(['triggered, due', 'emitted']);
      await settleOne();
      expect(await lane()).toEqual(['emitted, due']);
    });

    it('goes to nobody when its webhook has been deactivated', async () => {
      await trigger('b-1');
      await host.webhooks.update(CONNECTIONS.a, webhook.id, { active: false }, []);
      expect(await fanOutTriggered()).toBe(1);
      expect([await statuses(), await lane()]).toEqual([['fanned_out'], []]);
    });

    it('locks no delivery of another webhook', async () => {
      const other = await host.subscribe({ url: 'http://127.0.0.1:9/other' });
      await emit('b-1');
      await fanOut();
      await trigger('b-1');
      await host.dataSource.transaction(async (manager) => {
        await manager.update(WebhookDelivery, { webhookId: other.id }, { attempts: 1 });
        expect(await fanOutTriggered()).toBe(1);
      });
      expect(await lane()).toEqual(['emitted, due', 'triggered']);
    });

    it('when another event is being fanned out into the same empty lane, one of the two deliveries is due', async () => {
      await trigger('b-1');
      await emit('b-1');
      await fanOutTriggeredBeforeCommitOf(fanOut);
      expect(await lane()).toEqual(['triggered', 'emitted, due']);
      await settleOne();
      expect(await lane()).toEqual(['triggered, due']);
    });

    it('when the delivery before it is just being settled, its turn comes', async () => {
      await emit('b-1');
      await fanOut();
      await trigger('b-1');
      await fanOutTriggeredBeforeCommitOf(settleOne);
      expect(await lane()).toEqual(['triggered, due']);
    });

    it('when the delivery before it is just being settled, and the one after it becomes due, it is not due beside that', async () => {
      await emit('b-1');
      await trigger('b-1');
      await emit('b-1');
      await fanOut();
      await fanOut();
      await fanOutTriggeredBeforeCommitOf(settleOne);
      expect(await lane()).toEqual(['triggered', 'emitted, due']);
    });

    it('has one delivery, which becomes due, even if its process died right after the insert', async () => {
      await trigger('b-1');
      const broken = new Error('killed');
      steps.once('afterCommit', () => Promise.reject(broken));
      await expect(fanOutTriggered()).rejects.toBe(broken);
      expect([await statuses(), await lane()]).toEqual([['triggered'], ['triggered']]);
      expect(await fanOutTriggered()).toBe(1);
      expect([await statuses(), await lane()]).toEqual([['fanned_out'], ['triggered, due']]);
    });

    it('waits for no transaction that fans out another resource', async () => {
      await trigger('b-1');
      await emit('b-2');
      steps.once('beforeCommit', async () => {
        expect(await fanOutTriggered()).toBe(1);
        expect(await lane()).toEqual(['triggered, due']);
      });
      await fanOut();
      expect(await lane()).toEqual(['triggered, due', 'emitted, due']);
    });

    it.each<[what: string, lost: Partial<Pick<WebhookEvent, 'leaseToken' | 'status'>>]>([
      ['another process has claimed it meanwhile', { leaseToken: '0190a000-0000-7000-8000-000000000000' }],
      ['another process has fanned it out meanwhile', { status: 'fanned_out' }],
    ])('is left to others when %s', async (_, lost) => {
      const id = await trigger('b-1');
      steps.once('beforeTransaction', () => events().update({ id }, lost));
      await fanOutTriggered();
      expect(await lane()).toEqual([]);
      expect(await events().findOneByOrFail({ id })).toMatchObject(lost);
    });

    it('has one delivery when another process claims it while the first one inserts', async () => {
      await trigger('b-1');
      let second: Promise<unknown> = Promise.resolve();
      steps.once('beforeCommit', async () => {
        clock.advance(LEASE_MS);
        second = fanOutTriggered();
        await untilLockWait(host.dataSource, second);
      });
      await fanOutTriggered();
      expect(await second).toBe(1);
      expect([await statuses(), await lane()]).toEqual([['fanned_out'], ['triggered, due']]);
    });

    it('is claimed by one process, and by another when the lease of that has ended', async () => {
      const id = await trigger('b-1');
      await trigger('b-2');
      let others = 0;
      steps.once('beforeTransaction', async () => {
        others = await fanOutTriggered();
        clock.advance(LEASE_MS);
        others += await fanOutTriggered();
      });
      expect(await fanOutTriggered()).toBe(2);
      expect(others).toBe(2);
      expect(await deliveries().countBy({ id })).toBe(1);
      expect(await lane()).toEqual(['triggered, due', 'triggered, due']);
    });
  },
  SERVER_KINDS,
);
