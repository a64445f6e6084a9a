import { expect, it } from '@jest/globals';
import { UnknownWebhookResourceError, WebhookEvent } from 'nestjs-octo-webhooks';
import { FanOut } from '../../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnServers } from '../../support/each-database.js';
import { useTestHosts } from '../../support/use-test-host.js';
import { Departure, ENTITIES, newTour, Tour, TourOption, tourState, TourUnit } from './entities.fixture.js';
import { Fare, FareExtra, Slot, Surcharge, useToldPartner } from './told.fixture.js';

describeOnServers('What partners receive of a saved entity', (kind) => {
  const partner = useToldPartner(kind);
  const apart = useTestHosts(kind, { dispatch: { enabled: false } });

  it('a partner receives the diff of what was saved', async () => {
    await partner.stored('delivered');
    await partner.manager.save(TourUnit, { id: 'delivered-u', price: 8 });
    const [body] = await partner.told();
    expect(body?.diff).toEqual([{ op: 'replace', path: '/options/0/units/0', was: 5, value: 8 }]);
  });

  it('the present state is sent, stored with the event, and compared with the last one that was sent', async () => {
    await partner.stored('present');
    await partner.pausing(async () => {
      await partner.manager.save(Tour, { id: 'present', title: 'Ride' });
      await partner.manager.query(`UPDATE tour SET title = 'Swim' WHERE id = 'present'`);
    });
    const [swim] = await partner.told();
    expect(swim?.diff).toEqual([{ op: 'replace', path: '/title', was: 'Walk', value: 'Swim' }]);
    await partner.manager.save(Tour, { id: 'present', title: 'Dive' });
    const [dive] = await partner.told();
    expect(dive?.diff).toEqual([{ op: 'replace', path: '/title', was: 'Swim', value: 'Dive' }]);
  });

  it('when the entity is gone by then, the state at the commit is sent', async () => {
    await partner.stored('late');
    await partner.pausing(async () => {
      await partner.manager.save(Tour, { id: 'late', title: 'Ride' });
      await partner.manager.query(`DELETE FROM tour_unit WHERE id = 'late-u'`);
      await partner.manager.query(`DELETE FROM tour_option WHERE id = 'late-o'`);
      await partner.manager.query(`DELETE FROM tour WHERE id = 'late'`);
    });
    expect(await partner.lastTold('late')).toEqual(tourState('late', { title: 'Ride' }));
  });

  it('an entity that has been soft-removed since is sent as removed, and only once', async () => {
    await partner.stored('softly');
    await partner.pausing(async () => {
      await partner.manager.save(Tour, { id: 'softly', title: 'Ride' });
      await partner.manager.softRemove(await partner.manager.findOneByOrFail(Tour, { id: 'softly' }));
    });
    expect((await partner.told()).map(({ product }) => product)).toEqual([
      tourState('softly', { title: 'Ride', gone: true }),
    ]);
  });

  it('a removed entity is sent as it was when it was removed, not when its transaction began', async () => {
    await partner.stored('removed');
    await partner.manager.transaction(async (transaction) => {
      await transaction.remove(await transaction.findBy(TourUnit, { id: 'removed-u' }));
      await transaction.remove(await transaction.findBy(TourOption, { id: 'removed-o' }));
      await transaction.save(Tour, { id: 'removed', title: 'Ride' });
      await transaction.remove(await transaction.findOneByOrFail(Tour, { id: 'removed' }));
    });
    expect(await partner.lastTold('removed')).toEqual(tourState('removed', { title: 'Ride', options: [], gone: true }));
  });

  it('the first change of an entity that was there before the library has a diff', async () => {
    await partner.unseen(async (manager) => {
      for (const id of ['old-1', 'old-2', 'old-3', 'old-4']) await manager.save(newTour(manager, id));
    });
    await partner.manager.save(Tour, { id: 'old-1', title: 'Ride' });
    await partner.manager.save(TourUnit, { id: 'old-2-u', price: 6 });
    await partner.manager.save(partner.manager.create(TourUnit, { id: 'old-3-v', price: 7, optionId: 'old-3-o' }));
    await partner.manager.save(
      partner.manager.create(Tour, { id: 'old-4', options: [{ id: 'old-4-o' }, { id: 'old-4-p', name: 'Noon' }] }),
    );
    const diffs = (await partner.told()).map(({ product, diff }) => [product?.['id'], diff]);
    expect(Object.fromEntries(diffs)).toEqual({
      'old-1': [{ op: 'replace', path: '/title', was: 'Walk', value: 'Ride' }],
      'old-2': [{ op: 'replace', path: '/options/0/units/0', was: 5, value: 6 }],
      'old-3': [{ op: 'add', path: '/options/0/units/1', value: 7 }],
      'old-4': [{ op: 'add', path: '/options/1', value: { id: 'old-4-p', name: 'Noon', units: [] } }],
    });
  });

  it('insert() and upsert() emit, compared with the state that was sent last', async () => {
    await partner.manager.insert(Tour, { id: 'bulk', title: 'Walk', supplierId: 'supplier-1' });
    expect((await partner.told()).map(({ diff }) => diff)).toEqual([[]]);
    await partner.manager.upsert(Tour, { id: 'bulk', title: 'Ride', supplierId: 'supplier-1' }, ['id']);
    expect((await partner.told()).map(({ diff }) => diff)).toEqual([
      [{ op: 'replace', path: '/title', was: 'Walk', value: 'Ride' }],
    ]);
  });

  it('nothing is sent for a transaction that changes nothing in the end, of a product and of an availability', async () => {
    await partner.stored('same');
    await partner.manager.save(Departure, { productId: 'same', day: 9, places: 3 });
    expect((await partner.told()).map(({ availability }) => availability)).toEqual([{ places: 3 }]);
    await partner.manager.transaction(async (transaction) => {
      await transaction.save(Tour, { id: 'same', title: 'Ride' });
      await transaction.save(Tour, { id: 'same', title: 'Walk' });
      await transaction.save(Departure, { productId: 'same', day: 9, places: 2 });
      await transaction.save(Departure, { productId: 'same', day: 9, places: 3 });
    });
    await partner.manager.save(Tour, { id: 'same', supplierId: 'supplier-2' });
    expect(await partner.told()).toEqual([]);
  });

  it('columns that TypeORM reads only by name are sent, those of related rows too', async () => {
    const saves = [
      () =>
        partner.manager.save(
          partner.manager.create(Fare, { id: 'f', title: 'Walk', price: 10, extras: [{ id: 'x', cost: 1 }] }),
        ),
      () => partner.manager.save(Fare, { id: 'f', price: 20 }),
      () => partner.manager.save(Fare, { id: 'f', title: 'Ride' }),
      () => partner.manager.save(FareExtra, { id: 'x', cost: 2 }),
    ];
    const products = [];
    for (const save of saves) {
      await save();
      products.push(...(await partner.told()).map(({ product }) => product));
    }
    expect(products).toEqual([
      { title: 'Walk', price: 10, extras: [1] },
      { title: 'Walk', price: 20, extras: [1] },
      { title: 'Ride', price: 20, extras: [1] },
      { title: 'Ride', price: 20, extras: [2] },
    ]);
  });

  it('such columns are sent of an entity without relations, also when it is removed', async () => {
    await partner.manager.save(Surcharge, { id: 's', amount: 1 });
    await partner.manager.save(Surcharge, { id: 's', amount: 2 });
    await partner.manager.remove(await partner.manager.findOneByOrFail(Surcharge, { id: 's' }));
    expect((await partner.told()).at(-1)?.product).toEqual({ amount: 2, gone: true });
  });

  it('an entity whose key is a moment is found', async () => {
    const startsAt = new Date('2027-03-28T09:00:00Z');
    await partner.manager.save(Slot, { startsAt, places: 3 });
    await partner.told();
    await partner.pausing(async () => {
      await partner.manager.save(Slot, { startsAt, places: 2 });
      await partner.manager.query('UPDATE slot SET places = 1');
    });
    expect((await partner.told()).map(({ availability }) => availability)).toEqual([{ places: 1 }]);
  });

  it('an event waits for a process that knows the declaration, with an error that says what to do', async () => {
    const knowing = await apart.start({}, { entities: ENTITIES });
    const ignorant = await apart.start();
    await knowing.dataSource.manager.save(newTour(partner.manager, 'unknown'));
    const events = knowing.dataSource.getRepository(WebhookEvent);
    await ignorant.app.get(FanOut).run();
    const { message } = new UnknownWebhookResourceError('Tour');
    expect(await events.find()).toMatchObject([{ status: 'pending', failures: 1, failureReason: message }]);
    await events.update({ resourceId: 'unknown' }, { dueAt: new Date(0) });
    await knowing.app.get(FanOut).run();
    expect(await events.find()).toMatchObject([{ status: 'fanned_out', after: tourState('unknown') }]);
  });
});
