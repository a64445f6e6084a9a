import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import {
  EmitWebhook,
  InvalidWebhookChangeError,
  WebhookEvent,
  type EmitCall,
  type JsonObject,
} from 'nestjs-octo-webhooks';
import { In, type EntityManager } from 'typeorm';
import { Booking } from '../../docs/samples/your-platform.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../../support/each-database.js';
import { StatementCounter } from '../../support/statements.js';
import { startTestHost, type RunningHost } from '../../support/test-host.js';

type Call = EmitCall<Booking, [manager: EntityManager, ...unknown[]]>;

const BOOKING = {
  event: 'booking_update',
  supplierId: ({ result }: Call) => result.supplierId,
  connectionIds: ({ result }: Call) => [result.connectionId] as const,
  resourceId: ({ result }: Call) => result.uuid,
  after: ({ result }: Call) => result.toState(),
  manager: ({ args: [manager] }: Call) => manager,
} as const;

@Injectable()
class Bookings {
  @EmitWebhook({ ...BOOKING, before: null })
  async create(manager: EntityManager, uuid: string, supplierId = 'supplier-1'): Promise<Booking> {
    const booking = manager.create(Booking, { uuid, supplierId, connectionId: 'connection-a', status: 'ON_HOLD' });
    await manager.insert(Booking, booking);
    return booking;
  }

  @EmitWebhook(BOOKING)
  async cancel(manager: EntityManager, uuid: string): Promise<Booking | null> {
    const booking = await manager.findOneBy(Booking, { uuid });
    return booking === null ? null : manager.save(Object.assign(booking, { status: 'CANCELLED' }));
  }

  @EmitWebhook(BOOKING)
  async refuse(manager: EntityManager, uuid: string): Promise<Booking> {
    await manager.update(Booking, { uuid }, { status: 'CANCELLED' });
    throw new Error('Too late to cancel.');
  }

  @EmitWebhook(BOOKING)
  async cancelEach(manager: EntityManager, uuids: readonly string[]): Promise<readonly (Booking | null)[]> {
    if (uuids.length === 0) return [];
    await manager.update(Booking, { uuid: In(uuids) }, { status: 'CANCELLED' });
    const cancelled = await manager.findBy(Booking, { uuid: In(uuids) });
    return uuids.map((uuid) => cancelled.find((booking) => booking.uuid === uuid) ?? null);
  }

  @EmitWebhook({
    event: 'booking_update',
    supplierId: ({ result }) => result.supplierId,
    connectionIds: ({ args: [draft] }) => [draft.connectionId],
    resourceId: ({ result }) => result.uuid,
    before: { status: 'DRAFT' },
    after: ({ result }) => result.toState(),
    manager: ({ args: [, manager] }) => manager,
  })
  async fromDraft(booking: Booking, _manager?: EntityManager): Promise<Booking> {
    return booking;
  }

  @EmitWebhook({ ...BOOKING, before: ({ args: [, , was] }) => was })
  async replace(_manager: EntityManager, to: Booking, _was?: JsonObject): Promise<Booking> {
    return to;
  }
}

describeOnServers('A method with @EmitWebhook()', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let bookings: Bookings;
  let statements: StatementCounter;
  let numbers = 0;
  let uuid: string;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false } }, undefined, {
      entities: [Booking],
      providers: [Bookings],
      onDataSource: (dataSource) => {
        statements = new StatementCounter(dataSource);
      },
    });
    bookings = host.app.get(Bookings);
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });
  beforeEach(() => {
    uuid = `b-${(numbers += 1)}`;
  });

  const inTransaction = <Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> =>
    host.dataSource.transaction(work);
  const events = (resourceId = uuid): Promise<WebhookEvent[]> =>
    host.dataSource.getRepository(WebhookEvent).find({ where: { resourceId }, order: { sequence: 'ASC' } });
  const stored = (): Promise<Booking | null> => host.dataSource.getRepository(Booking).findOneBy({ uuid });

  it('emits its result, in the transaction of its manager, and gives it to the caller as it is', async () => {
    await inTransaction(async (manager) => {
      const booking = await bookings.create(manager, uuid);
      expect(booking).toBeInstanceOf(Booking);
      expect(await manager.findBy(WebhookEvent, { resourceId: uuid })).toHaveLength(1);
    });
    expect(await events()).toMatchObject([
      {
        type: 'booking_update',
        supplierId: 'supplier-1',
        connectionIds: ['connection-a'],
        beforeSource: 'created',
        after: { uuid, status: 'ON_HOLD', optionId: 'DEFAULT' },
      },
    ]);
  });

  it('leaves no event behind when the transaction rolls back later', async () => {
    const failing = inTransaction(async (manager) => {
      await bookings.create(manager, uuid);
      throw new Error('No place left.');
    });
    await expect(failing).rejects.toThrow('No place left.');
    expect(await events()).toEqual([]);
  });

  it('emits nothing when it throws, even if what it has done is committed', async () => {
    await inTransaction(async (manager) => {
      await manager.insert(Booking, {
        uuid,
        supplierId: 'supplier-1',
        connectionId: 'connection-a',
        status: 'ON_HOLD',
      });
      await expect(bookings.refuse(manager, uuid)).rejects.toThrow('Too late to cancel.');
    });
    expect(await stored()).toMatchObject({ status: 'CANCELLED' });
    expect(await events()).toEqual([]);
  });

  it('rejects when the event cannot be written, so that the change rolls back', async () => {
    const failing = inTransaction((manager) => bookings.create(manager, uuid, ''));
    await expect(failing).rejects.toThrow(InvalidWebhookChangeError);
    await expect(failing).rejects.toMatchObject({ field: 'supplierId' });
    expect(await stored()).toBeNull();
  });

  it('emits nothing for null', async () => {
    expect(await inTransaction((manager) => bookings.cancel(manager, uuid))).toBeNull();
    expect(await events()).toEqual([]);
  });

  it('takes the state after the last event as the one before, unless told', async () => {
    await inTransaction((manager) => bookings.create(manager, uuid));
    await inTransaction((manager) => bookings.cancel(manager, uuid));
    expect(await events()).toMatchObject([
      { beforeSource: 'created' },
      { beforeSource: 'stored', before: null, after: { status: 'CANCELLED' } },
    ]);
  });

  const draft = (): Booking =>
    Object.assign(new Booking(), {
      uuid,
      supplierId: 'supplier-1',
      connectionId: 'connection-b',
      status: 'CONFIRMED',
    });

  it('takes a constant as the state before, or what a function finds in the arguments', async () => {
    await inTransaction(async (manager) => {
      await bookings.fromDraft(draft(), manager);
      await bookings.replace(manager, draft(), { status: 'ON_HOLD' });
      await bookings.replace(manager, draft());
    });
    expect(await events()).toMatchObject([
      { beforeSource: 'given', before: { had: { status: 'DRAFT' } }, connectionIds: ['connection-b'] },
      { beforeSource: 'given', before: { had: { status: 'ON_HOLD' } } },
      { beforeSource: 'stored', before: null },
    ]);
  });

  it('writes the event on its own when the call has no manager', async () => {
    await bookings.fromDraft(draft());
    expect(await events()).toHaveLength(1);
  });

  describe('that gives an array', () => {
    it('emits for each element that is there, in one statement', async () => {
      const uuids = Array.from({ length: 50 }, (_, index) => `${uuid}-${index}`);
      const result = await inTransaction(async (manager) => {
        const values = { supplierId: 'supplier-1', connectionId: 'connection-a', status: 'ON_HOLD' };
        await manager.insert(
          Booking,
          uuids.map((each) => ({ uuid: each, ...values })),
        );
        let given: readonly (Booking | null)[] = [];
        const sent = await statements.during(async () => {
          given = await bookings.cancelEach(manager, [...uuids, 'unknown']);
        });
        expect(sent.filter((statement) => statement.includes('octo_webhook_event'))).toHaveLength(1);
        return given;
      });
      expect(result.map((booking) => booking?.uuid)).toEqual([...uuids, undefined]);
      for (const each of uuids)
        expect(await events(each)).toMatchObject([{ after: { uuid: each, status: 'CANCELLED' } }]);
    });

    it('emits nothing for an empty one', async () => {
      const sent = await statements.during(() => inTransaction((manager) => bookings.cancelEach(manager, [])));
      expect(sent).toEqual([]);
    });
  });
});
