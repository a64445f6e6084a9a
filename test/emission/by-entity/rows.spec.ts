import { afterEach, beforeAll, expect, it } from '@jest/globals';
import type { DeepPartial, EntityManager } from 'typeorm';
import { describeOnServers } from '../../support/each-database.js';
import { useTestHost } from '../../support/use-test-host.js';
import {
  Cover,
  EmittedEvents,
  ENTITIES,
  Guide,
  newTour,
  Tour,
  TourOption,
  tourState,
  TourUnit,
} from './entities.fixture.js';

describeOnServers('A row that belongs to a webhook resource', (kind) => {
  const host = useTestHost(kind, { dispatch: { enabled: false } }, { entities: ENTITIES });
  let manager: EntityManager;
  const events = new EmittedEvents(() => manager);

  beforeAll(() => {
    manager = host.dataSource.manager;
  });
  afterEach(async () => {
    await events.next();
  });

  const stored = async (...ids: string[]) => {
    for (const id of ids) await manager.save(newTour(manager, id));
    await events.next();
  };
  const saveTour = (tour: DeepPartial<Tour>) => manager.save(manager.create(Tour, tour));
  const morning = (id: string) => ({ id: `${id}-o`, name: 'Morning', units: [5] });
  /** The events, by resource: they come in no order of the test's choice. */
  const byResource = async () => Object.fromEntries((await events.next()).map((event) => [event.resourceId, event]));

  it('makes an event when it is saved on its own, at any depth', async () => {
    await stored('own');
    await manager.save(TourOption, { id: 'own-o', name: 'Evening' });
    await manager.save(TourUnit, { id: 'own-u', price: 7 });
    const evening = (price: number) =>
      tourState('own', { options: [{ ...morning('own'), name: 'Evening', units: [price] }] });
    expect(await events.next()).toEqual([
      { resourceId: 'own', before: tourState('own'), after: evening(5) },
      { resourceId: 'own', before: evening(5), after: evening(7) },
    ]);
  });

  it('makes an event when it is saved from the resource, at any depth', async () => {
    await stored('cascade');
    await saveTour({ id: 'cascade', options: [{ id: 'cascade-o', units: [{ id: 'cascade-u', price: 7 }] }] });
    expect(await events.next()).toEqual([
      {
        resourceId: 'cascade',
        before: tourState('cascade'),
        after: tourState('cascade', { options: [{ ...morning('cascade'), units: [7] }] }),
      },
    ]);
  });

  it('makes an event when it is inserted on its own, whether it names its parent or the key of it', async () => {
    await stored('insert');
    await manager.save(TourOption, { id: 'insert-p', name: 'Noon', tour: { id: 'insert' } });
    await manager.save(TourUnit, { id: 'insert-v', price: 6, optionId: 'insert-p' });
    await manager.save(TourUnit, { id: 'insert-w', price: 7, option: { id: 'insert-p' } });
    const noon = (...units: number[]) =>
      tourState('insert', { options: [morning('insert'), { id: 'insert-p', name: 'Noon', units }] });
    expect(await events.next()).toEqual([
      { resourceId: 'insert', before: tourState('insert'), after: noon() },
      { resourceId: 'insert', before: noon(), after: noon(6) },
      { resourceId: 'insert', before: noon(6), after: noon(6, 7) },
    ]);
  });

  it('makes an event when it is inserted by saving its parent, which it does not name', async () => {
    await stored('along');
    await saveTour({ id: 'along', options: [{ id: 'along-o' }, { id: 'along-p', name: 'Noon' }] });
    const noon = (...units: number[]) =>
      tourState('along', { options: [morning('along'), { id: 'along-p', name: 'Noon', units }] });
    expect(await events.next()).toEqual([{ resourceId: 'along', before: tourState('along'), after: noon() }]);
    await manager.save(manager.create(TourOption, { id: 'along-p', units: [{ id: 'along-v', price: 6 }] }));
    expect(await events.next()).toEqual([{ resourceId: 'along', before: noon(), after: noon(6) }]);
  });

  it('makes an event when its parent lets it go: unbound, or deleted when it cannot be without', async () => {
    await stored('orphan');
    await manager.save(manager.create(TourOption, { id: 'orphan-o', units: [] }));
    await saveTour({ id: 'orphan', options: [] });
    expect(await manager.existsBy(TourUnit, { id: 'orphan-u' })).toBe(false);
    expect(await events.next()).toEqual([
      {
        resourceId: 'orphan',
        before: tourState('orphan'),
        after: tourState('orphan', { options: [{ ...morning('orphan'), units: [] }] }),
      },
      {
        resourceId: 'orphan',
        before: tourState('orphan', { options: [{ ...morning('orphan'), units: [] }] }),
        after: tourState('orphan', { options: [] }),
      },
    ]);
  });

  it('makes an event when it is removed, soft-removed and recovered', async () => {
    await stored('remove');
    const option = await manager.findOneByOrFail(TourOption, { id: 'remove-o' });
    await manager.softRemove(option);
    await manager.recover(option);
    await manager.remove(await manager.findOneByOrFail(TourUnit, { id: 'remove-u' }));
    await manager.remove(option);
    const none = tourState('remove', { options: [] });
    const bare = tourState('remove', { options: [{ ...morning('remove'), units: [] }] });
    expect(await events.next()).toEqual([
      { resourceId: 'remove', before: tourState('remove'), after: none },
      { resourceId: 'remove', before: none, after: tourState('remove') },
      { resourceId: 'remove', before: tourState('remove'), after: bare },
      { resourceId: 'remove', before: bare, after: none },
    ]);
  });

  it('makes an event for both resources when it moves: named by itself, or taken by the new parent', async () => {
    await stored('from', 'to');
    await manager.save(TourOption, { id: 'from-o', tour: { id: 'to' } });
    expect(await byResource()).toEqual({
      from: { resourceId: 'from', before: tourState('from'), after: tourState('from', { options: [] }) },
      to: {
        resourceId: 'to',
        before: tourState('to'),
        after: tourState('to', { options: [morning('from'), morning('to')] }),
      },
    });
    await saveTour({ id: 'from', options: [{ id: 'to-o', name: 'Late' }] });
    expect(await byResource()).toMatchObject({
      from: { before: { options: [] }, after: { options: [{ id: 'to-o', name: 'Late' }] } },
      to: { before: { options: [{}, { id: 'to-o' }] }, after: { options: [{ id: 'from-o' }] } },
    });
    await manager.save(TourUnit, { id: 'to-u', optionId: 'from-o' });
    expect(await byResource()).toMatchObject({
      from: { before: { options: [{ units: [5] }] }, after: { options: [{ units: [] }] } },
      to: { before: { options: [{ units: [5] }] }, after: { options: [{ units: [5, 5] }] } },
    });
  });

  it('keeps its place among its like, wherever the database puts it', async () => {
    await stored('place');
    await manager.save(TourUnit, { id: 'place-v', price: 6, optionId: 'place-o' });
    await manager.save(TourUnit, { id: 'place-u', price: 4 });
    await manager.save(TourUnit, { id: 'place-v', price: 3 });
    const units = (await events.next()).map(({ after }) => after['options']);
    expect(units).toMatchObject([[{ units: [5, 6] }], [{ units: [4, 6] }], [{ units: [4, 3] }]]);
  });

  it('makes one event with the other changes of its transaction, from the state before the first of them', async () => {
    await stored('mixed');
    await manager.transaction(async (transaction) => {
      await transaction.save(TourOption, { id: 'mixed-p', name: 'Noon', tour: { id: 'mixed' } });
      await transaction.save(Tour, { id: 'mixed', title: 'Ride' });
      await transaction.save(TourUnit, { id: 'mixed-v', price: 6, optionId: 'mixed-p' });
    });
    const options = [morning('mixed'), { id: 'mixed-p', name: 'Noon', units: [6] }];
    expect(await events.next()).toEqual([
      { resourceId: 'mixed', before: tourState('mixed'), after: tourState('mixed', { title: 'Ride', options }) },
    ]);
  });

  it('may be the only one of its kind', async () => {
    await stored('one');
    await saveTour({ id: 'one', cover: { id: 'one-c', image: 'a.png' } });
    await manager.save(Cover, { id: 'one-c', image: 'b.png' });
    await saveTour({ id: 'one', cover: null });
    await manager.save(Cover, { id: 'one-d', image: 'c.png', tour: { id: 'one' } });
    const covers = (await events.next()).map(({ before, after }) => [before?.['cover'], after['cover']]);
    expect(covers).toEqual([
      [null, 'a.png'],
      ['a.png', 'b.png'],
      ['b.png', null],
      [null, 'c.png'],
    ]);
  });

  it('may be a link to a row that others share, as it is saved from the resource', async () => {
    await stored('linked');
    await manager.save(Guide, { id: 'g-1', name: 'Ada' });
    await saveTour({ id: 'linked', guides: [{ id: 'g-1' }] });
    await saveTour({ id: 'linked', lead: { id: 'g-1' } });
    await saveTour({ id: 'linked', guides: [] });
    const guides = (await events.next()).map(({ after }) => [after['guides'], after['lead']]);
    expect(guides).toEqual([
      [['Ada'], null],
      [['Ada'], 'Ada'],
      [[], 'Ada'],
    ]);
  });

  it('does not include the shared row itself', async () => {
    await manager.save(Guide, { id: 'g-2', name: 'Ada' });
    await manager.save(manager.create(Tour, { ...newTour(manager, 'shared'), guides: [{ id: 'g-2' }] }));
    await saveTour({ id: 'shared', lead: { id: 'g-2' } });
    await events.next();
    await manager.save(Guide, { id: 'g-2', name: 'Grace' });
    expect(await events.next()).toEqual([]);
  });

  it('is found in each chunk of a save that is split', async () => {
    await stored('chunk-1', 'chunk-2');
    const tours = [
      manager.create(Tour, { id: 'chunk-1', guides: [await manager.save(Guide, { id: 'g-3', name: 'Ada' })] }),
      manager.create(Tour, { id: 'chunk-2', options: [] }),
    ];
    await manager.save(tours, { chunk: 1 });
    expect(await byResource()).toMatchObject({
      'chunk-1': { before: { guides: [] }, after: { guides: ['Ada'] } },
      'chunk-2': { after: { options: [] } },
    });
  });
});
