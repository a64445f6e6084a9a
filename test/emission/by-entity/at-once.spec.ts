import { expect, it } from '@jest/globals';
import { WebhookEvent } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';
import { describeOnServers } from '../../support/each-database.js';
import { Tour, TourOption } from './entities.fixture.js';
import { useToldPartner } from './told.fixture.js';

describeOnServers('What partners receive of entities that are saved at the same time', (kind) => {
  const partner = useToldPartner(kind);

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

  it.each(together)('each of the tours that %s at the same time in one transaction is sent', async (name, step) => {
    const ids = ['a', 'b', 'c', 'd'].map((letter) => `${name.replaceAll(' ', '-')}-${letter}`);
    await partner.stored(...ids);
    await partner.manager.transaction(async (transaction) => {
      const relations = { options: { units: true } } as const;
      const tours = await transaction.find(Tour, { where: ids.map((id) => ({ id })), relations });
      await Promise.all(tours.map((tour) => step(transaction, tour)));
    });
    const bodies = await partner.told();
    for (const id of ids) {
      const mine = bodies.filter(({ product }) => product?.['id'] === id);
      expect(mine.map(({ product }) => product)).toEqual([await partner.present(id)]);
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

  it.each(pairs)(
    'when %s by two transactions at once, the state that is sent last is the stored one',
    async (name, first, second) => {
      const id = name.replaceAll(' ', '-').slice(0, 30);
      await partner.stored(id);
      const bothChanged = barrier(2);
      const change = (work: typeof first) =>
        partner.manager.transaction(async (transaction) => {
          await work(transaction, id);
          await bothChanged();
        });
      await Promise.all([change(first), change(second)]);
      expect(await partner.lastTold(id)).toEqual(await partner.present(id));
      const [last] = await partner.manager.find(WebhookEvent, {
        where: { resourceId: id },
        order: { sequence: 'DESC' },
        take: 1,
      });
      expect(last?.after).toEqual(await partner.present(id));
    },
  );
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
