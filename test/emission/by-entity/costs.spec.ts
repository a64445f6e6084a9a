import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebhookEvent } from 'nestjs-octo-webhooks';
import { DataSource, MoreThan, type EntityManager } from 'typeorm';
import { describeOnServers } from '../../support/each-database.js';
import { StatementCounter } from '../../support/statements.js';
import { useTestHost } from '../../support/use-test-host.js';
import { Departure, departures, ENTITIES, newTour, Tour, TourOption, TourUnit } from './entities.fixture.js';

describeOnServers('What a webhook resource adds to its transaction, in statements,', (kind) => {
  let statements: StatementCounter;
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    {
      entities: ENTITIES,
      extras: { resources: [departures] },
      onDataSource: (dataSource) => {
        statements = new StatementCounter(dataSource);
      },
    },
  );
  /** The same tables, where nobody watches. */
  let plain: DataSource;
  let plainStatements: StatementCounter;

  beforeAll(async () => {
    plain = new DataSource({ ...host.dataSource.options, entities: ENTITIES, migrations: [] });
    plainStatements = new StatementCounter(plain);
    await plain.initialize();
  });
  afterAll(() => plain.destroy());

  /** Does the same work twice, in tables that are the same again before the second time. */
  const added = async (work: (manager: EntityManager) => Promise<unknown>): Promise<number> => {
    const undone = new Error('Undone.');
    const alone = await plainStatements.during(() =>
      plain
        .transaction(async (manager) => {
          await work(manager);
          throw undone;
        })
        .catch((error: unknown) => expect(error).toBe(undone)),
    );
    const watched = await statements.during(() => host.dataSource.transaction(work));
    return watched.length - alone.length;
  };
  const eventsAfter = (sequence: number) =>
    host.dataSource.manager.countBy(WebhookEvent, { sequence: MoreThan(sequence) });
  const lastSequence = async () => Number((await host.dataSource.manager.maximum(WebhookEvent, 'sequence')) ?? 0);

  const numbered = (prefix: string, amount: number) =>
    Array.from({ length: amount }, (_, index) => `${prefix}-${index}`);
  const departureOn = (day: number, places: number) => ({ productId: 'p', day, places });

  it('is 2 without relations: the state after, and the event', async () => {
    expect(await added((manager) => manager.save(Departure, departureOn(0, 1)))).toBe(2);
    expect(await added((manager) => manager.save(Departure, departureOn(0, 2)))).toBe(2);
  });

  it('is 2 for a hundred saves without relations, one by one', async () => {
    const saves = (places: number) => async (manager: EntityManager) => {
      for (let day = 1; day <= 100; day += 1) await manager.save(Departure, departureOn(day, places));
    };
    expect(await added(saves(1))).toBe(2);
    expect(await added(saves(2))).toBe(2);
  });

  it('is 2 for an insert with relations, and 3 for an update: the state before as well', async () => {
    // Asked for a soft-removed one as well before the insert is told.
    expect(await added((manager) => manager.save(newTour(manager, 'one')))).toBe(2);
    expect(await added((manager) => manager.save(Tour, { id: 'one', title: 'Ride' }))).toBe(3);
  });

  it('is the same for a resource that is saved again in its transaction', async () => {
    const twice = async (manager: EntityManager) => {
      await manager.save(Tour, { id: 'one', title: 'Run' });
      await manager.save(Tour, { id: 'one', title: 'Row' });
    };
    expect(await added(twice)).toBe(3);
  });

  it('is 3 for a row that belongs to it: the statement that finds the resource reads it', async () => {
    expect(await added((manager) => manager.save(TourOption, { id: 'one-o', name: 'Evening' }))).toBe(3);
    expect(await added((manager) => manager.save(TourUnit, { id: 'one-u', price: 6 }))).toBe(3);
  });

  it('is 3 for a row that is inserted, and 4 for one that moves or is let go: its new resource is looked for in the end', async () => {
    const noon = (manager: EntityManager) =>
      manager.create(TourOption, { id: 'one-p', name: 'Noon', tour: { id: 'one' } });
    expect(await added((manager) => manager.save(noon(manager)))).toBe(3);
    await host.dataSource.manager.save(newTour(host.dataSource.manager, 'two'));
    expect(await added((manager) => manager.save(TourOption, { id: 'one-p', tour: { id: 'two' } }))).toBe(4);
    expect(await added((manager) => manager.save(TourOption, { id: 'one-p', tour: null }))).toBe(4);
  });

  it('does not grow with the number of resources that are saved together', async () => {
    const ids = numbered('many', 200);
    const before = await lastSequence();
    expect(await added((manager) => manager.save(ids.map((id) => newTour(manager, id))))).toBe(2);
    expect(await added((manager) => manager.save(ids.map((id) => manager.create(Tour, { id, title: 'Ride' }))))).toBe(
      3,
    );
    // TypeORM adds to what it saves: each time it has to be new.
    const units = () => ids.map((id) => ({ id: `${id}-u`, price: 6 }));
    expect(await added((manager) => manager.save(TourUnit, units()))).toBe(3);
    expect(await eventsAfter(before)).toBe(600);
  });

  it('is 1 more for a row of another resource, because nothing was read but the resource of the first', async () => {
    const both = async (manager: EntityManager) => {
      for (const id of ['many-0-u', 'many-1-u']) await manager.save(TourUnit, { id, price: 7 });
    };
    expect(await added(both)).toBe(4);
  });

  it('is 1 for each save, and 2 in the end, for resources with relations that are saved one by one', async () => {
    const rename = async (manager: EntityManager) => {
      for (const id of numbered('many', 100)) await manager.save(Tour, { id, title: 'Swim' });
    };
    expect(await added(rename)).toBe(102);
  });

  it('is 4 for a soft removal of one with relations: in the end it is read again with all its rows', async () => {
    const one = (manager: EntityManager) => manager.findOneByOrFail(Tour, { id: 'two' });
    expect(await added(async (manager) => manager.softRemove(await one(manager)))).toBe(4);
  });

  it('is nothing for what has nothing to do with a resource', async () => {
    const read = (manager: EntityManager) => manager.find(Tour, { relations: { options: true } });
    expect(await added(read)).toBe(0);
    expect(await added((manager) => manager.save(Tour, { id: 'one', title: 'Row' }))).toBe(0);
  });
});
