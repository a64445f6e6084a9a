import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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
import { describeOnServers } from '../../support/each-database.js';
import { StatementCounter } from '../../support/statements.js';
import { useTestHost } from '../../support/use-test-host.js';

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
  let statements: StatementCounter;
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    {
      entities: [Booking],
      providers: [Bookings],
      onDataSource: (dataSource) => {
        statements = new StatementCounter(dataSource);
      },
    },
  );
  let bookings: Bookings;
  let numbers = 0;
  let uuid: string;

  beforeAll(() => {
    bookings = host.app.get(Bookings);
  });
  beforeEach(() => {
    uuid = `b-${(numbers += 1)}`;
  });

  const inTransaction = <Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> =>
    host.dataSource.transaction(work);
  const events = (resourceId = uuid): Promise<WebhookEvent[]> =>
    host.dataSource.getRepository(WebhookEvent).find({ where: { resourceId }, order: { sequence: 'ASC' } });
  const stored = (): Promise<Booking | null> => host.dataSource.getRepository(Booking).findOneBy({ uuid });

  it('its result is emitted in the transaction of its manager, and returned to the caller unchanged', async () => {
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

  it('when the transaction rolls back later, no event remains', async () => {
    const failing = inTransaction(async (manager) => {
      await bookings.create(manager, uuid);
      throw new Error('No place left.');
    });
    await expect(failing).rejects.toThrow('No place left.');
    expect(await events()).toEqual([]);
  });

  it('when it throws, nothing is emitted, even if its changes are committed', async () => {
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

  it('when the event cannot be written, it rejects, so that the change rolls back', async () => {
    const failing = inTransaction((manager) => bookings.create(manager, uuid, ''));
    await expect(failing).rejects.toThrow(InvalidWebhookChangeError);
    await expect(failing).rejects.toMatchObject({ field: 'supplierId' });
    expect(await stored()).toBeNull();
  });

  it('null emits nothing', async () => {
    expect(await inTransaction((manager) => bookings.cancel(manager, uuid))).toBeNull();
    expect(await events()).toEqual([]);
  });

  it('by default the state before is the state after the last event', async () => {
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

  it('the state before may be a constant, or what a function finds in the arguments', async () => {
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

  it('when the call has no manager, the event is written in a transaction of its own', async () => {
    await bookings.fromDraft(draft());
    expect(await events()).toHaveLength(1);
  });

  describe('that returns an array', () => {
    it('each element is emitted, in one statement', async () => {
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

    it('an empty array emits nothing', async () => {
      const sent = await statements.during(() => inTransaction((manager) => bookings.cancelEach(manager, [])));
      expect(sent).toEqual([]);
    });
  });
});
