import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  UnknownWebhookResourceError,
  WebhookEvent,
  WebhookResource,
  webhookResource,
  type JsonObject,
} from 'nestjs-octo-webhooks';
import { Column, Entity, ManyToOne, OneToMany, PrimaryColumn, type EntityManager, type Relation } from 'typeorm';
import { FanOut } from '../../../libs/webhooks/src/fan-out/fan-out.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../../support/each-database.js';
import { everythingSent } from '../../support/outbox-state.js';
import { Receiver } from '../../support/receiver.js';
import { startTestHost, type RunningHost } from '../../support/test-host.js';
import { Departure, departures, ENTITIES, newTour, Tour, TourOption, tourState, TourUnit } from './entities.fixture.js';

/** Columns that TypeORM does not read unless they are named. */
@WebhookResource<Fare>({
  event: 'product_update',
  supplierId: () => 'supplier-1',
  relations: ['extras'],
  state: ({ entity: { title, price, extras } }) => ({ title, price, extras: extras.map(({ cost }) => cost) }),
  removed: 'ignore',
})
@Entity('fare')
class Fare {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 36 })
  title!: string;

  @Column({ type: 'int', select: false })
  price!: number;

  @OneToMany(() => FareExtra, (extra) => extra.fare, { cascade: true })
  extras!: Relation<FareExtra>[];
}

@Entity('fare_extra')
class FareExtra {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'int', select: false })
  cost!: number;

  @ManyToOne(() => Fare, (fare) => fare.extras)
  fare!: Relation<Fare>;
}

/** The same without relations: what TypeORM reads to save it lacks the column. */
@WebhookResource<Surcharge>({
  event: 'product_update',
  supplierId: () => 'supplier-1',
  state: ({ entity: { amount } }) => ({ amount }),
  removed: ({ entity: { amount } }) => ({ amount, gone: true }),
})
@Entity('surcharge')
class Surcharge {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'int', select: false })
  amount!: number;
}

/** A slot whose key is a moment, which JSON does not have. */
@Entity('slot')
class Slot {
  @PrimaryColumn({ type: 'timestamp', precision: 0 })
  startsAt!: Date;

  @Column({ type: 'int' })
  places!: number;
}

const slots = webhookResource(Slot, {
  event: 'availability_update',
  supplierId: () => 'supplier-1',
  productId: () => 'p',
  optionId: () => 'o',
  availabilityId: ({ entity }) => entity.startsAt.toISOString(),
  state: ({ entity }) => ({ places: entity.places }),
  removed: 'ignore',
});

describeOnServers('What partners are told of a saved entity', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Receiver;
  let manager: EntityManager;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, {}, undefined, {
      entities: [...ENTITIES, Fare, FareExtra, Surcharge, Slot],
      extras: { resources: [departures, slots] },
    });
    manager = host.dataSource.manager;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });
  let subscribed: string[] = [];
  beforeEach(async () => {
    receiver = await Receiver.listen();
    for (const event of ['product_update', 'availability_update'] as const) {
      subscribed.push((await host.subscribe({ event, url: receiver.url() })).id);
    }
  });
  afterEach(async () => {
    const connection = { id: 'connection-a', supplierId: 'supplier-1', capabilities: [] };
    for (const id of subscribed) await host.webhooks.delete(connection, id);
    subscribed = [];
    await receiver.close();
  });

  /** What has been told since the last call, in order. */
  const told = async () => {
    await everythingSent(manager);
    return receiver.requests.splice(0).map(({ body }) => body);
  };
  const stored = async (...ids: string[]) => {
    for (const id of ids) await manager.save(newTour(manager, id));
    await told();
  };
  const lastTold = async (id: string) => (await told()).findLast(({ product }) => product?.['id'] === id)?.product;
  /** As partners would see the tour if they read it. */
  const present = async (id: string): Promise<JsonObject> => {
    const relations = { options: { units: true }, cover: true, guides: true, lead: true } as const;
    const order = { options: { id: 'ASC' } } as const;
    const tour = await manager.findOneOrFail(Tour, { where: { id }, relations, order });
    return { ...tour.toState() };
  };

  it('is the diff of what was saved', async () => {
    await stored('delivered');
    await manager.save(TourUnit, { id: 'delivered-u', price: 8 });
    const [body] = await told();
    expect(body?.diff).toEqual([{ op: 'replace', path: '/options/0/units/0', was: 5, value: 8 }]);
  });

  const together: [string, (transaction: EntityManager, tour: Tour) => Promise<unknown>][] = [
    [
      'gain an option',
      (transaction, tour) => {
        tour.options.push(transaction.create(TourOption, { id: `${tour.id}-p`, name: 'Noon', units: [] }));
        return transaction.save(tour);
      },
    ],
    [
      'let an option go',
      (transaction, tour) => {
        tour.options = [];
        return transaction.save(tour);
      },
    ],
    ['have an option saved', (transaction, { id }) => transaction.save(TourOption, { id: `${id}-o`, name: 'Noon' })],
    ['are renamed', (transaction, { id }) => transaction.save(Tour, { id, title: 'Ride' })],
    ['have a unit removed', (transaction, { options: [option] }) => transaction.remove(option?.units ?? [])],
  ];

  it.each(together)('is each of the tours that %s at the same time in one transaction', async (name, step) => {
    const ids = ['a', 'b', 'c', 'd'].map((letter) => `${name.replaceAll(' ', '-')}-${letter}`);
    await stored(...ids);
    await manager.transaction(async (transaction) => {
      const relations = { options: { units: true } } as const;
      const tours = await transaction.find(Tour, { where: ids.map((id) => ({ id })), relations });
      await Promise.all(tours.map((tour) => step(transaction, tour)));
    });
    const bodies = await told();
    for (const id of ids) {
      const mine = bodies.filter(({ product }) => product?.['id'] === id);
      expect(mine.map(({ product }) => product)).toEqual([await present(id)]);
      expect(mine[0]?.diff).not.toEqual([]);
    }
  });

  const pairs: [string, (transaction: EntityManager, id: string) => Promise<unknown>, typeof addsNoon][] = [
    ['two options are added', addsDusk, addsNoon],
    ['an option is added and another one renamed', addsDusk, renamesOption],
    [
      'the title and an option are changed',
      (transaction, id) => transaction.save(Tour, { id, title: 'Ride' }),
      renamesOption,
    ],
  ];

  it.each(pairs)('is in the end what is stored, when %s by two transactions at once', async (name, first, second) => {
    const id = name.replaceAll(' ', '-').slice(0, 30);
    await stored(id);
    const bothChanged = barrier(2);
    const change = (work: typeof first) =>
      manager.transaction(async (transaction) => {
        await work(transaction, id);
        await bothChanged();
      });
    await Promise.all([change(first), change(second)]);
    expect(await lastTold(id)).toEqual(await present(id));
    const [last] = await manager.find(WebhookEvent, {
      where: { resourceId: id },
      order: { sequence: 'DESC' },
      take: 1,
    });
    expect(last?.after).toEqual(await present(id));
  });

  /** Makes changes while the outbox is not worked on: an earlier event of the same resource that is not due holds them up. */
  const pausing = async (work: () => Promise<void>) => {
    const events = host.dataSource.getRepository(WebhookEvent);
    const [last] = await events.find({ order: { sequence: 'DESC' }, take: 1 });
    const sequence = last?.sequence ?? 0;
    await events.update({ sequence }, { status: 'pending', dueAt: new Date(Date.now() + 3_600_000) });
    await work();
    await events.update({ sequence }, { status: 'fanned_out' });
  };

  it('is the present state, stored with the event and compared with the last one that was told', async () => {
    await stored('present');
    await pausing(async () => {
      await manager.save(Tour, { id: 'present', title: 'Ride' });
      await manager.query(`UPDATE tour SET title = 'Swim' WHERE id = 'present'`);
    });
    const [swim] = await told();
    expect(swim?.diff).toEqual([{ op: 'replace', path: '/title', was: 'Walk', value: 'Swim' }]);
    await manager.save(Tour, { id: 'present', title: 'Dive' });
    const [dive] = await told();
    expect(dive?.diff).toEqual([{ op: 'replace', path: '/title', was: 'Swim', value: 'Dive' }]);
  });

  it('is the state at the commit when the entity is gone by then', async () => {
    await stored('late');
    await pausing(async () => {
      await manager.save(Tour, { id: 'late', title: 'Ride' });
      await manager.query(`DELETE FROM tour_unit WHERE id = 'late-u'`);
      await manager.query(`DELETE FROM tour_option WHERE id = 'late-o'`);
      await manager.query(`DELETE FROM tour WHERE id = 'late'`);
    });
    expect(await lastTold('late')).toEqual(tourState('late', { title: 'Ride' }));
  });

  it('is an entity that has been soft-removed since, and its removal only once', async () => {
    await stored('softly');
    await pausing(async () => {
      await manager.save(Tour, { id: 'softly', title: 'Ride' });
      await manager.softRemove(await manager.findOneByOrFail(Tour, { id: 'softly' }));
    });
    expect((await told()).map(({ product }) => product)).toEqual([tourState('softly', { title: 'Ride', gone: true })]);
  });

  it('is what a removed entity was when it was removed, not when its transaction began', async () => {
    await stored('removed');
    await manager.transaction(async (transaction) => {
      await transaction.remove(await transaction.findBy(TourUnit, { id: 'removed-u' }));
      await transaction.remove(await transaction.findBy(TourOption, { id: 'removed-o' }));
      await transaction.save(Tour, { id: 'removed', title: 'Ride' });
      await transaction.remove(await transaction.findOneByOrFail(Tour, { id: 'removed' }));
    });
    expect(await lastTold('removed')).toEqual(tourState('removed', { title: 'Ride', options: [], gone: true }));
  });

  it('has a diff also for the first change of an entity that was there before the library', async () => {
    const before = async (id: string) => {
      await manager.insert(Tour, { id, title: 'Walk', supplierId: 'supplier-1' });
      await manager.insert(TourOption, { id: `${id}-o`, name: 'Morning', tour: { id } });
      await manager.insert(TourUnit, { id: `${id}-u`, price: 5, optionId: `${id}-o` });
    };
    for (const id of ['old-1', 'old-2', 'old-3', 'old-4']) await before(id);
    await manager.save(Tour, { id: 'old-1', title: 'Ride' });
    await manager.save(TourUnit, { id: 'old-2-u', price: 6 });
    await manager.save(manager.create(TourUnit, { id: 'old-3-v', price: 7, optionId: 'old-3-o' }));
    await manager.save(
      manager.create(Tour, { id: 'old-4', options: [{ id: 'old-4-o' }, { id: 'old-4-p', name: 'Noon' }] }),
    );
    const diffs = (await told()).map(({ product, diff }) => [product?.['id'], diff]);
    expect(Object.fromEntries(diffs)).toEqual({
      'old-1': [{ op: 'replace', path: '/title', was: 'Walk', value: 'Ride' }],
      'old-2': [{ op: 'replace', path: '/options/0/units/0', was: 5, value: 6 }],
      'old-3': [{ op: 'add', path: '/options/0/units/1', value: 7 }],
      'old-4': [{ op: 'add', path: '/options/1', value: { id: 'old-4-p', name: 'Noon', units: [] } }],
    });
  });

  it('is nothing for a transaction that changes nothing in the end, of a product and of an availability', async () => {
    await stored('same');
    await manager.save(Departure, { productId: 'same', day: 9, places: 3 });
    expect((await told()).map(({ availability }) => availability)).toEqual([{ places: 3 }]);
    await manager.transaction(async (transaction) => {
      await transaction.save(Tour, { id: 'same', title: 'Ride' });
      await transaction.save(Tour, { id: 'same', title: 'Walk' });
      await transaction.save(Departure, { productId: 'same', day: 9, places: 2 });
      await transaction.save(Departure, { productId: 'same', day: 9, places: 3 });
    });
    await manager.save(Tour, { id: 'same', supplierId: 'supplier-2' });
    expect(await told()).toEqual([]);
  });

  it('has the columns that TypeORM reads only when they are named, of related rows as well', async () => {
    const saves = [
      () => manager.save(manager.create(Fare, { id: 'f', title: 'Walk', price: 10, extras: [{ id: 'x', cost: 1 }] })),
      () => manager.save(Fare, { id: 'f', price: 20 }),
      () => manager.save(Fare, { id: 'f', title: 'Ride' }),
      () => manager.save(FareExtra, { id: 'x', cost: 2 }),
    ];
    const products = [];
    for (const save of saves) {
      await save();
      products.push(...(await told()).map(({ product }) => product));
    }
    expect(products).toEqual([
      { title: 'Walk', price: 10, extras: [1] },
      { title: 'Walk', price: 20, extras: [1] },
      { title: 'Ride', price: 20, extras: [1] },
      { title: 'Ride', price: 20, extras: [2] },
    ]);
  });

  it('has such columns of an entity without relations, also when it is removed', async () => {
    await manager.save(Surcharge, { id: 's', amount: 1 });
    await manager.save(Surcharge, { id: 's', amount: 2 });
    await manager.remove(await manager.findOneByOrFail(Surcharge, { id: 's' }));
    expect((await told()).at(-1)?.product).toEqual({ amount: 2, gone: true });
  });

  it('is found by a key that is a moment', async () => {
    const startsAt = new Date('2027-03-28T09:00:00Z');
    await manager.save(Slot, { startsAt, places: 3 });
    await told();
    await pausing(async () => {
      await manager.save(Slot, { startsAt, places: 2 });
      await manager.query('UPDATE slot SET places = 1');
    });
    expect((await told()).map(({ availability }) => availability)).toEqual([{ places: 1 }]);
  });

  it('waits for a process that knows the declaration, with an error that says what to do', async () => {
    const apart = await createTestDatabase(kind);
    const idle = { dispatch: { enabled: false } };
    const knowing = await startTestHost(apart.url, idle, undefined, { entities: ENTITIES });
    const ignorant = await startTestHost(apart.url, idle);
    await knowing.dataSource.manager.save(newTour(manager, 'unknown'));
    const events = knowing.dataSource.getRepository(WebhookEvent);
    await ignorant.app.get(FanOut).run();
    const { message } = new UnknownWebhookResourceError('Tour');
    expect(await events.find()).toMatchObject([{ status: 'pending', failures: 1, error: message }]);
    await events.update({ resourceId: 'unknown' }, { dueAt: new Date(0) });
    await knowing.app.get(FanOut).run();
    expect(await events.find()).toMatchObject([{ status: 'fanned_out', after: tourState('unknown') }]);
    await ignorant.close();
    await knowing.close();
    await apart.drop();
  });
});

function addsNoon(transaction: EntityManager, id: string): Promise<unknown> {
  return transaction.save(TourOption, { id: `${id}-p`, name: 'Noon', tour: { id } });
}

function addsDusk(transaction: EntityManager, id: string): Promise<unknown> {
  return transaction.save(TourOption, { id: `${id}-q`, name: 'Dusk', tour: { id } });
}

function renamesOption(transaction: EntityManager, id: string): Promise<unknown> {
  return transaction.save(TourOption, { id: `${id}-o`, name: 'Evening' });
}

/** A promise that resolves once it has been asked for so many times. */
function barrier(count: number): () => Promise<void> {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = 0;
  return () => {
    waiting += 1;
    if (waiting === count) open();
    return opened;
  };
}
