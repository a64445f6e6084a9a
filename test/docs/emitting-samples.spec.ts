import { beforeAll, expect, it } from '@jest/globals';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { WebhookEvent } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { useTestHost } from '../support/use-test-host.js';
import { Cancellations, OrderWebhooks, Product, SeasonService } from './samples/emitting.js';
import { Booking } from './samples/your-platform.js';

const BOOKING = { uuid: 'b-1', supplierId: 'supplier-1', connectionId: 'connection-1', status: 'CONFIRMED' };

describeOnServers('The sample of a way to emit', (kind) => {
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    {
      entities: [Booking, Product],
      imports: [EventEmitterModule.forRoot({ wildcard: true })],
      providers: [SeasonService, Cancellations, OrderWebhooks],
    },
  );
  beforeAll(() => host.dataSource.getRepository(Booking).insert(BOOKING));

  const event = (resourceId: string) => host.dataSource.getRepository(WebhookEvent).findOneByOrFail({ resourceId });

  it('a decorated method emits its result', async () => {
    await host.dataSource.transaction((manager) => host.app.get(Cancellations).cancel(manager, 'b-1'));
    expect(await event('b-1')).toMatchObject({
      type: 'booking_update',
      supplierId: 'supplier-1',
      connectionIds: ['connection-1'],
      beforeSource: 'stored',
      after: { uuid: 'b-1', status: 'CANCELLED' },
    });
  });

  it('a mapped domain event is emitted', async () => {
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

  it('a saved entity is emitted', async () => {
    const product = host.dataSource.manager.create(Product, { id: 'p-1', supplierId: 'supplier-1', title: 'Walk' });
    await host.dataSource.manager.save(product);
    expect(await event('p-1')).toMatchObject({
      type: 'product_update',
      beforeSource: 'stored',
      before: null,
      after: { id: 'p-1', title: 'Walk' },
    });
  });

  it('many changes are emitted at once', async () => {
    await host.dataSource.transaction((manager) =>
      host.app.get(SeasonService).open(manager, [
        { id: 's-1', places: 1 },
        { id: 's-2', places: 2 },
      ]),
    );
    expect(await event('s-2')).toMatchObject({ type: 'availability_update', after: { id: 's-2', places: 2 } });
  });
});
