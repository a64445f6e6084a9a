import { afterEach, beforeAll, expect, it } from '@jest/globals';
import { InvalidWebhookChangeError } from 'nestjs-octo-webhooks';
import type { EntityManager, EntitySubscriberInterface } from 'typeorm';
import { describeOnServers } from '../../support/each-database.js';
import { useTestHost } from '../../support/use-test-host.js';
import {
  Departure,
  departures,
  EmittedEvents,
  ENTITIES,
  newTour,
  Tour,
  TourOption,
  tourState,
  TourUnit,
} from './entities.fixture.js';

describeOnServers('An entity that is declared a webhook resource', (kind) => {
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    { entities: ENTITIES, extras: { resources: [departures] } },
  );
  let manager: EntityManager;
  const events = new EmittedEvents(() => manager);

  beforeAll(() => {
    manager = host.dataSource.manager;
  });
  afterEach(async () => {
    await events.next();
  });

  const stored = async (id: string) => {
    await manager.save(newTour(manager, id));
    await events.next();
  };
  const rolledBack = () => Promise.reject(new Error('Rolled back.'));

  it('emits an insert as a creation, with the rows that were saved along with it', async () => {
    await manager.save(newTour(manager, 'insert'));
    expect(await events.next()).toEqual([{ resourceId: 'insert', before: null, after: tourState('insert') }]);
  });

  it('emits an update with both states, also when only a part of the entity is saved', async () => {
    await stored('update');
    await manager.save(Tour, { id: 'update', title: 'Ride' });
    const [before, after] = [tourState('update'), tourState('update', { title: 'Ride' })];
    expect(await events.next()).toEqual([{ resourceId: 'update', before, after }]);
  });

  it('emits nothing when nothing is different in the end', async () => {
    await stored('same');
    await manager.save(Tour, { id: 'same', title: 'Walk' });
    await manager.save(Tour, { id: 'same', supplierId: 'supplier-2' });
    await manager.transaction(async (transaction) => {
      await transaction.save(Tour, { id: 'same', title: 'Ride' });
      await transaction.save(Tour, { id: 'same', title: 'Walk' });
    });
    expect(await events.next()).toEqual([]);
  });

  it('emits several saves in a transaction once: first state before, last after', async () => {
    await stored('twice');
    await manager.transaction(async (transaction) => {
      await transaction.save(Tour, { id: 'twice', title: 'Ride' });
      await transaction.save(TourUnit, { id: 'twice-u', price: 6 });
      await transaction.save(Tour, { id: 'twice', title: 'Swim' });
      await transaction.save(newTour(transaction, 'second'));
      await transaction.save(Tour, { id: 'second', title: 'Dive' });
    });
    expect(await events.next()).toMatchObject([
      { before: tourState('twice'), after: { title: 'Swim', options: [{ units: [6] }] } },
      { resourceId: 'second', before: null, after: { title: 'Dive' } },
    ]);
  });

  it('emits nothing of a rolled back transaction', async () => {
    await stored('rollback');
    const failing = manager.transaction(async (transaction) => {
      await transaction.save(Tour, { id: 'rollback', title: 'Ride' });
      await rolledBack();
    });
    await expect(failing).rejects.toThrow('Rolled back.');
    expect(await events.next()).toEqual([]);
  });

  it('follows savepoints: what one brought counts when it is released, and not when it is rolled back', async () => {
    await stored('savepoint');
    await stored('untouched');
    await manager.transaction(async (transaction) => {
      await transaction.save(Tour, { id: 'savepoint', title: 'Run' });
      await transaction.transaction((inner) => inner.save(Tour, { id: 'savepoint', title: 'Ride' }));
      await transaction.transaction((inner) => inner.save(newTour(inner, 'released')));
      const failing = transaction.transaction(async (inner) => {
        await inner.save(Tour, { id: 'savepoint', title: 'Swim' });
        await inner.save(Tour, { id: 'untouched', title: 'Swim' });
        await inner.save(newTour(inner, 'rolled-back'));
        await rolledBack();
      });
      await expect(failing).rejects.toThrow('Rolled back.');
    });
    expect(await events.next()).toMatchObject([
      { resourceId: 'savepoint', before: { title: 'Walk' }, after: { title: 'Ride' } },
      { resourceId: 'released', before: null },
    ]);
  });

  it('emits a soft removal, a recovery and a removal as the declaration has them', async () => {
    await stored('removed');
    const [there, gone] = [tourState('removed'), tourState('removed', { gone: true })];
    const tour = await manager.findOneByOrFail(Tour, { id: 'removed' });
    await manager.softRemove(tour);
    expect(await events.next()).toEqual([{ resourceId: 'removed', before: there, after: gone }]);
    await manager.recover(tour);
    expect(await events.next()).toEqual([{ resourceId: 'removed', before: gone, after: there }]);
    await manager.remove(await manager.findBy(TourOption, { tour: { id: 'removed' } }));
    await events.next();
    await manager.remove(tour);
    expect(await events.next()).toEqual([
      {
        resourceId: 'removed',
        before: tourState('removed', { options: [] }),
        after: tourState('removed', { options: [], gone: true }),
      },
    ]);
  });

  it('emits nothing for what one transaction both creates and removes', async () => {
    const tour = (id: string) => ({ id, title: 'Walk', supplierId: 'supplier-1' });
    await manager.transaction(async (transaction) => {
      await transaction.remove(await transaction.save(manager.create(Tour, tour('short'))));
      await transaction.softRemove(await transaction.save(manager.create(Tour, tour('shorter'))));
    });
    expect(await events.next()).toEqual([]);
  });

  it('emits an update for what one transaction removes and creates again', async () => {
    await manager.save(Tour, { id: 'again', title: 'Walk', supplierId: 'supplier-1' });
    await events.next();
    await manager.transaction(async (transaction) => {
      await transaction.remove(await transaction.findOneByOrFail(Tour, { id: 'again' }));
      await transaction.save(Tour, { id: 'again', title: 'Ride', supplierId: 'supplier-1' });
    });
    expect(await events.next()).toMatchObject([
      { resourceId: 'again', before: { title: 'Walk' }, after: { title: 'Ride' } },
    ]);
  });

  it('emits at once when it is saved without a transaction', async () => {
    const alone = { transaction: false };
    await manager.save(newTour(manager, 'alone'), alone);
    expect(await events.next()).toEqual([{ resourceId: 'alone', before: null, after: tourState('alone') }]);
    await manager.save(Tour, { id: 'alone', title: 'Ride' }, alone);
    await manager.save(TourUnit, { id: 'alone-u', price: 6 }, alone);
    await manager.softRemove(await manager.findOneByOrFail(Tour, { id: 'alone' }), alone);
    expect(await events.next()).toMatchObject([
      { before: { title: 'Walk' }, after: { title: 'Ride' } },
      { before: { options: [{ units: [5] }] }, after: { options: [{ units: [6] }] } },
      { after: { gone: true } },
    ]);
  });

  it('rolls the transaction back when its state cannot be told, or is refused', async () => {
    await stored('refused');
    const broken = manager.transaction(async (transaction) => {
      await transaction.save(newTour(transaction, 'good'));
      await transaction.save(newTour(transaction, 'bad', 'broken'));
    });
    await expect(broken).rejects.toThrow('No state for that title.');
    await expect(manager.save(Tour, { id: 'refused', title: 'Ride', supplierId: '' })).rejects.toThrow(
      InvalidWebhookChangeError,
    );
    expect(await manager.findOneByOrFail(Tour, { id: 'refused' })).toMatchObject({ title: 'Walk' });
    expect(await manager.countBy(Tour, [{ id: 'good' }, { id: 'bad' }])).toBe(0);
    expect(await events.next()).toEqual([]);
  });

  it('may be declared in the options, have a key of several columns, and a removal that nobody is told of', async () => {
    const departure = await manager.save(Departure, { productId: 'p', day: 1, places: 3 });
    await manager.save(Departure, { productId: 'p', day: 2, places: 3 });
    await manager.save(Departure, { ...departure, places: 2 });
    expect(await events.next()).toMatchObject([
      { resourceId: 'day-1', after: { places: 3 } },
      { resourceId: 'day-2', after: { places: 3 } },
      { resourceId: 'day-1', after: { places: 2 } },
    ]);
    await manager.transaction(async (transaction) => {
      const last = await transaction.save(Departure, { productId: 'p', day: 2, places: 0 });
      await transaction.softRemove(Departure, last);
    });
    await manager.remove(await manager.findOneByOrFail(Departure, { day: 1 }));
    expect(await events.next()).toEqual([]);
  });

  it('has each change told once when a query runner of the host saves without a transaction, again and again', async () => {
    const queryRunner = host.dataSource.createQueryRunner();
    for (const title of ['Walk', 'Ride', 'Swim']) {
      await queryRunner.manager.save(Tour, { id: 'runner', title, supplierId: 'supplier-1' }, { transaction: false });
    }
    await queryRunner.release();
    const titles = (await events.next()).map(({ before, after }) => [before?.['title'], after['title']]);
    expect(titles).toEqual([
      [undefined, 'Walk'],
      ['Walk', 'Ride'],
      ['Ride', 'Swim'],
    ]);
  });

  it('emits for what a subscriber of the host saves right before the commit, too', async () => {
    await stored('late');
    let ours: EntityManager | null = null;
    const subscriber: EntitySubscriberInterface = {
      beforeTransactionCommit: async (event) => {
        // The dispatcher's transactions are none of its business.
        if (event.manager === ours) await event.manager.save(Tour, { id: 'late', title: 'Ride' });
      },
    };
    host.dataSource.subscribers.push(subscriber);
    await manager.transaction(async (transaction) => {
      ours = transaction;
      await transaction.save(newTour(transaction, 'early'));
    });
    host.dataSource.subscribers.splice(host.dataSource.subscribers.indexOf(subscriber), 1);
    const told = (await events.next()).map(({ resourceId, after }) => [resourceId, after['title']]).sort();
    expect(told).toEqual([
      ['early', 'Walk'],
      ['late', 'Ride'],
    ]);
  });

  it('keeps concurrent transactions apart', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `concurrent-${index}`);
    await manager.save(ids.map((id) => newTour(manager, id)));
    await events.next();
    const saving = ids.map((id, index) =>
      manager.transaction(async (transaction) => {
        await transaction.save(Tour, { id, title: id });
        if (index % 2 === 0) await rolledBack();
      }),
    );
    await Promise.allSettled(saving);
    const changed = (await events.next()).map(({ before, after }) => [before?.['title'], after['title']]);
    expect(changed.sort()).toEqual(
      ids
        .filter((_, index) => index % 2 === 1)
        .map((id) => ['Walk', id])
        .sort(),
    );
  });
});
