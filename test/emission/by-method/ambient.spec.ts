import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EmitWebhook, TransactionRequiredError, WebhookEvent, type EmitCall } from 'nestjs-octo-webhooks';
import { typeormTransactional } from 'nestjs-octo-webhooks/typeorm-transactional';
import { DataSource } from 'typeorm';
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  StorageDriver,
  Transactional,
} from 'typeorm-transactional';
import { Booking } from '../../docs/samples/your-platform.js';
import { describeOnServers } from '../../support/each-database.js';
import { useTestHost } from '../../support/use-test-host.js';

// This patches TypeORM's prototypes. Jest loads TypeORM anew for each test file, so other files do not notice.
initializeTransactionalContext({ storageDriver: StorageDriver.ASYNC_LOCAL_STORAGE });

const BOOKING = {
  event: 'booking_update',
  supplierId: ({ result }: EmitCall<Booking>) => result.supplierId,
  connectionIds: ({ result }: EmitCall<Booking>) => [result.connectionId] as const,
  resourceId: ({ result }: EmitCall<Booking>) => result.uuid,
  before: null,
  after: ({ result }: EmitCall<Booking>) => result.toState(),
} as const;

@Injectable()
class Bookings {
  constructor(private readonly dataSource: DataSource) {}

  @Transactional()
  @EmitWebhook(BOOKING)
  async create(uuid: string, connectionId: string): Promise<Booking> {
    return this.insert(uuid, connectionId);
  }

  @EmitWebhook(BOOKING)
  @Transactional()
  async commitFirst(uuid: string): Promise<Booking> {
    return this.insert(uuid, 'connection-a');
  }

  private async insert(uuid: string, connectionId: string): Promise<Booking> {
    const bookings = this.dataSource.getRepository(Booking);
    const booking = bookings.create({ uuid, supplierId: 'supplier-1', connectionId, status: 'ON_HOLD' });
    await bookings.insert(booking);
    return booking;
  }
}

describeOnServers('A method with @EmitWebhook() and @Transactional()', (kind) => {
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false }, emission: { requireTransaction: true } },
    {
      entities: [Booking],
      providers: [Bookings],
      extras: { transactions: typeormTransactional() },
      onDataSource: (dataSource) => addTransactionalDataSource(dataSource),
    },
  );
  let bookings: Bookings;

  beforeAll(() => {
    bookings = host.app.get(Bookings);
  });
  afterAll(() => void deleteDataSourceByName('default'));

  const stored = async (uuid: string): Promise<{ bookings: number; events: number }> => ({
    bookings: await host.dataSource.manager.countBy(Booking, { uuid }),
    events: await host.dataSource.manager.countBy(WebhookEvent, { resourceId: uuid }),
  });

  it('the event is written in the transaction of the decorator above', async () => {
    await bookings.create('b-1', 'connection-a');
    expect(await stored('b-1')).toEqual({ bookings: 1, events: 1 });
  });

  it('when the event is refused, that transaction rolls back', async () => {
    await expect(bookings.create('b-2', '')).rejects.toMatchObject({ field: 'connectionIds[0]' });
    expect(await stored('b-2')).toEqual({ bookings: 0, events: 0 });
  });

  it('with emission.requireTransaction, a transaction of the decorator below, which has already committed, is an error', async () => {
    await expect(bookings.commitFirst('b-3')).rejects.toThrow(TransactionRequiredError);
    expect(await stored('b-3')).toEqual({ bookings: 1, events: 0 });
  });
});
