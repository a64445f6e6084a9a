import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { WebhookEvent } from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { startTestHost, type RunningHost } from '../support/test-host.js';
import { Cancellations, OrderWebhooks, Product, SeasonService } from './samples/emitting.js';
import { Booking } from './samples/your-platform.js';

const BOOKING = { uuid: 'b-1', supplierId: 'supplier-1', connectionId: 'connection-1', status: 'CONFIRMED' };

describeOnServers('The samples of the ways to emit', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false } }, undefined, {
      entities: [Booking, Product],
      imports: [EventEmitterModule.forRoot({ wildcard: true })],
      providers: [SeasonService, Cancellations, OrderWebhooks],
    });
    await host.dataSource.getRepository(Booking).insert(BOOKING);
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  const event = (resourceId: string) => host.dataSource.getRepository(WebhookEvent).findOneByOrFail({ resourceId });

  it('work: the decorator', async () => {
    await host.dataSource.transaction((manager) => host.app.get(Cancellations).cancel(manager, 'b-1'));
    expect(await event('b-1')).toMatchObject({
      type: 'booking_update',
      supplierId: 'supplier-1',
      connectionIds: ['connection-1'],
      beforeSource: 'stored',
      after: { uuid: 'b-1', status: 'CANCELLED' },
    });
  });

  it('work: the bridge', async () => {
    const order = { id: 'o-1', supplierId: 'supplier-1', connectionId: 'connection-1' };
    const change = { order, before: { status: 'ON_HOLD' }, after: { status: 'CONFIRMED' } };
    await host.dataSource.transaction(async (manager) => {
      await host.app.get(EventEmitter2).emitAsync('order.paid', change, { manager });
    });
    expect(await event('o-1')).toMatchObject({
      type: 'order_update',
      connectionIds: ['connection-1'],
      before: { had: { status: 'ON_HOLD' } },
      after: { status: 'CONFIRMED' },
    });
  });

  it('work: the entity', async () => {
    const product = host.dataSource.manager.create(Product, { id: 'p-1', supplierId: 'supplier-1', title: 'Walk' });
    await host.dataSource.manager.save(product);
    expect(await event('p-1')).toMatchObject({
      type: 'product_update',
      beforeSource: 'created',
      after: { id: 'p-1', title: 'Walk' },
    });
  });

  it('work: many at once', async () => {
    await host.dataSource.transaction((manager) =>
      host.app.get(SeasonService).open(manager, [
        { id: 's-1', places: 1 },
        { id: 's-2', places: 2 },
      ]),
    );
    expect(await event('s-2')).toMatchObject({ type: 'availability_update', after: { id: 's-2', places: 2 } });
  });
});
