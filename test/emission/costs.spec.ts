import { expect, it } from '@jest/globals';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { Cancellations, OrderWebhooks, Product, SeasonService } from '../docs/samples/emitting.js';
import { Booking } from '../docs/samples/your-platform.js';
import { describeOnServers } from '../support/each-database.js';
import { StatementCounter } from '../support/statements.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

/** Like `Product`, but not a webhook resource. */
@Entity('plain_product')
class PlainProduct {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'varchar', length: 200 })
  title!: string;
}

describeOnServers('The statements that emitting adds to a transaction', (kind) => {
  let statements: StatementCounter;
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    {
      entities: [Booking, Product, PlainProduct],
      imports: [EventEmitterModule.forRoot({ wildcard: true })],
      providers: [SeasonService, Cancellations, OrderWebhooks],
      onDataSource: (dataSource) => {
        statements = new StatementCounter(dataSource);
      },
    },
  );

  const count = async (work: (manager: EntityManager) => Promise<unknown>): Promise<number> =>
    (await statements.during(() => host.dataSource.transaction(work))).length;

  it('an event costs 1', async () => {
    expect(await count((manager) => host.emitter.emit(bookingChange('b-1', null, 'ON_HOLD'), { manager }))).toBe(1);
  });

  it('a thousand availability changes at once cost 2', async () => {
    const slots = Array.from({ length: 1000 }, (_, index) => ({ id: `slot-${index}`, places: index }));
    expect(await count((manager) => host.app.get(SeasonService).open(manager, slots))).toBe(2);
  });

  it('a decorated method costs 1', async () => {
    const row = { uuid: 'b-1', supplierId: 'supplier-1', connectionId: 'connection-1', status: 'CONFIRMED' };
    await host.dataSource.manager.insert(Booking, row);
    const own = await count(async (manager) => {
      const booking = await manager.findOneByOrFail(Booking, { uuid: 'b-1' });
      booking.status = 'REDEEMED';
      await manager.save(booking);
    });
    expect(await count((manager) => host.app.get(Cancellations).cancel(manager, 'b-1'))).toBe(own + 1);
  });

  it('a domain event costs 1', async () => {
    const order = { id: 'o-1', supplierId: 'supplier-1', connectionId: 'connection-1' };
    const change = { order, before: null, after: { status: 'ON_HOLD' } };
    const emitted = await count((manager) =>
      host.app.get(EventEmitter2).emitAsync('order.opened', change, { manager }),
    );
    expect(emitted).toBe(1);
  });

  const products = (entity: typeof Product, manager: EntityManager, title: string, amount: number) =>
    manager.save(
      Array.from({ length: amount }, (_, index) =>
        manager.create(entity, { id: `p-${index}`, supplierId: 'supplier-1', title }),
      ),
    );
  const added = async (title: string, amount: number): Promise<number> =>
    (await count((manager) => products(Product, manager, title, amount))) -
    (await count((manager) => products(PlainProduct, manager, title, amount)));

  it('an entity that is inserted or updated costs 2', async () => {
    expect(await added('Walk', 1)).toBe(2);
    expect(await added('Long walk', 1)).toBe(2);
  });

  it('a hundred entities that are inserted or updated in one transaction cost 2', async () => {
    await host.dataSource.manager.clear(Product);
    await host.dataSource.manager.clear(PlainProduct);
    expect(await added('Walk', 100)).toBe(2);
    expect(await added('Long walk', 100)).toBe(2);
  });
});
