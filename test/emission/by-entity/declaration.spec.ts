import { afterEach, beforeAll, expect, it } from '@jest/globals';
import {
  WebhookResource,
  InvalidWebhookResourceError,
  TransactionRequiredError,
  WebhookEvent,
  webhookResource,
  type WebhookResourceDeclaration,
} from 'nestjs-octo-webhooks';
import { Column, DataSource, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
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
} from './entities.fixture.js';

/** A booking whose key the database makes. */
@WebhookResource<Stay>({
  event: 'booking_update',
  supplierId: () => 'supplier-1',
  connectionIds: ({ entity }) => [entity.connectionId],
  state: ({ entity: { nights } }) => ({ nights }),
  removed: 'ignore',
})
@Entity('stay')
class Stay {
  @PrimaryColumn({ type: 'int', generated: 'increment' })
  id!: number;

  @Column({ type: 'varchar', length: 36 })
  connectionId!: string;

  @Column({ type: 'int' })
  nights!: number;
}

/** The host gives its key as a number, the drivers as a text. */
@WebhookResource<Excursion>({
  event: 'product_update',
  supplierId: () => 'supplier-1',
  state: ({ entity: { title } }) => ({ title }),
  removed: 'ignore',
})
@Entity('excursion')
class Excursion {
  @PrimaryColumn({ type: 'bigint' })
  id!: number | string;

  @Column({ type: 'varchar', length: 36 })
  title!: string;
}

/** Derived from a declared entity, but with a table of its own, and not declared. */
@Entity('trial_stay')
class TrialStay extends Stay {}

class NoEntity {}

const PRODUCT = {
  event: 'product_update',
  supplierId: () => 'supplier-1',
  state: () => ({}),
  removed: 'ignore',
} as const;

describeOnServers('A declared webhook resource', (kind) => {
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    { entities: [...ENTITIES, Stay, TrialStay, Excursion] },
  );
  let manager: EntityManager;
  let opened: DataSource | null = null;
  const events = new EmittedEvents(() => manager);

  beforeAll(() => {
    manager = host.dataSource.manager;
  });
  afterEach(async () => {
    // An application that does not start closes nothing.
    if (opened?.isInitialized === true) await opened.destroy();
    await events.next();
  });

  it('is known by the key that the database makes, for the connections that it names', async () => {
    const { id } = await manager.save(manager.create(Stay, { connectionId: 'connection-a', nights: 1 }));
    await manager.save(Stay, { id, nights: 2 });
    expect(await events.next()).toEqual([
      { resourceId: `${id}`, before: null, after: { nights: 1 } },
      { resourceId: `${id}`, before: { nights: 1 }, after: { nights: 2 } },
    ]);
    const [event] = await manager.find(WebhookEvent, { order: { sequence: 'DESC' }, take: 1 });
    expect(event).toMatchObject({ type: 'booking_update', supplierId: 'supplier-1', connectionIds: ['connection-a'] });
  });

  it('is known by a key that the host and the driver give in different types', async () => {
    await manager.save(manager.create(Excursion, { id: 7, title: 'Walk' }));
    await manager.save(Excursion, { id: '7', title: 'Ride' });
    expect(await events.next()).toEqual([
      { resourceId: '7', before: null, after: { title: 'Walk' } },
      { resourceId: '7', before: { title: 'Walk' }, after: { title: 'Ride' } },
    ]);
  });

  it('does not speak for an entity that is derived from it and has a table of its own', async () => {
    await manager.save(manager.create(TrialStay, { connectionId: 'connection-a', nights: 1 }));
    expect(await events.next()).toEqual([]);
  });

  it('is not seen on another data source', async () => {
    const { options } = host.dataSource;
    const other = await new DataSource({ ...options, entities: ENTITIES, migrations: [] }).initialize();
    await other.manager.save(newTour(manager, 'other'));
    await other.destroy();
    await manager.save(newTour(manager, 'ours'));
    expect(await events.next()).toEqual([{ resourceId: 'ours', before: null, after: tourState('ours') }]);
  });

  it('emits in the transaction that changes it, and in no other', async () => {
    const strict = await host.start({ emission: { requireTransaction: true } }, { entities: ENTITIES });
    const saving = strict.dataSource.manager.save(newTour(manager, 'outside'), { transaction: false });
    await expect(saving).rejects.toThrow(TransactionRequiredError);
    await strict.dataSource.manager.save(newTour(manager, 'inside'));
    expect(await events.next()).toMatchObject([{ resourceId: 'inside' }]);
    await strict.close();
  });

  it.each<[string, WebhookResourceDeclaration[], string]>([
    ['is no entity of the data source', [webhookResource(NoEntity, PRODUCT)], 'NoEntity'],
    ['is declared twice', [departures, departures], 'Departure'],
    ['is declared twice', [webhookResource(Tour, PRODUCT)], 'Tour'],
    ['has several primary columns: give "resourceId"', [webhookResource(Departure, PRODUCT)], 'Departure'],
    ...['guide', 'units.options', 'units.option.price', 'name', ''].map(
      (path): [string, WebhookResourceDeclaration[], string] => [
        `has no relation ${path}`,
        [webhookResource(TourOption, { ...PRODUCT, relations: ['units', path] })],
        'TourOption',
      ],
    ),
  ])('stops the start when it %s', async (problem, resources, name) => {
    const starting = host.start(
      {},
      {
        entities: ENTITIES,
        extras: { resources },
        onDataSource: (dataSource) => {
          opened = dataSource;
        },
      },
    );
    await expect(starting).rejects.toThrow(InvalidWebhookResourceError);
    await expect(starting).rejects.toThrow(`${name} is declared a webhook resource, but ${problem}`);
  });
});

it('a class cannot be decorated as a webhook resource twice', () => {
  const decorate = WebhookResource<NoEntity>(PRODUCT);
  decorate(NoEntity);
  expect(() => decorate(NoEntity)).toThrow(InvalidWebhookResourceError);
  expect(() => decorate(NoEntity)).toThrow('NoEntity is declared a webhook resource, but is decorated twice.');
});
