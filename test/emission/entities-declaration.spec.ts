import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AsWebhookResource,
  InvalidWebhookResourceError,
  WebhookEvent,
  webhookResource,
  type WebhookResourceDeclaration,
} from 'nestjs-octo-webhooks';
import {
  Column,
  DataSource,
  Entity,
  type EntityManager,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { startTestHost, type HostParts, type RunningHost } from '../support/test-host.js';
import { Departure, departures, EmittedEvents, ENTITIES, newTour, Tour, tourState } from './entities.fixture.js';

/** A booking whose key the database makes; read with its secret, which ordinary reads leave out. */
@AsWebhookResource({
  event: 'booking_update',
  supplierId: () => 'supplier-1',
  connectionIds: ({ connectionId }: Stay) => [connectionId],
  state: ({ nights }: Stay) => ({ nights }),
  removed: 'ignore',
})
@Entity('stay')
class Stay {
  @PrimaryColumn({ type: 'int', generated: 'increment' })
  id!: number;

  @Column({ type: 'varchar', length: 36 })
  connectionId!: string;

  @Column({ type: 'int', select: false })
  nights!: number;
}

/** Derived from a declared entity, but with a table of its own, and not declared. */
@Entity('trial_stay')
class TrialStay extends Stay {}

const NOBODY_IS_TOLD = { supplierId: () => 'supplier-1', state: () => ({}), removed: 'ignore' } as const;

class NoEntity {
  id!: string;
}

@Entity('guide')
class Guide {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 36 })
  title!: string;

  @OneToMany(() => Trip, (trip) => trip.guide)
  trips!: Relation<Trip>[];
}

@Entity('trip')
class Trip {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @ManyToOne(() => Guide, (guide) => guide.trips)
  guide!: Relation<Guide>;
}

describeOnServers('A declared webhook resource', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let manager: EntityManager;
  const events = new EmittedEvents(() => manager);

  const start = (resources: WebhookResourceDeclaration[], parts: HostParts = {}): Promise<RunningHost> =>
    startTestHost(database.url, { dispatch: { enabled: false }, emission: { resources } }, undefined, parts);

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await start([], { entities: [...ENTITIES, Stay, TrialStay] });
    manager = host.dataSource.manager;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  it('is known by the key that the database makes, for the connections that are named', async () => {
    const stay = await manager.save(manager.create(Stay, { connectionId: 'connection-a', nights: 1 }));
    await manager.save(Stay, { id: stay.id, nights: 2 });
    expect(await events.next()).toEqual([
      { resourceId: `${stay.id}`, before: null, after: {} },
      // A column that is not read is not there for the state either, before and after.
    ]);
    const [event] = await manager.find(WebhookEvent, { order: { sequence: 'DESC' }, take: 1 });
    expect(event).toMatchObject({ type: 'booking_update', supplierId: 'supplier-1', connectionIds: ['connection-a'] });
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

  describe('stops the start', () => {
    it.each<[string, WebhookResourceDeclaration[], string]>([
      [
        'when it is no entity of the data source',
        [webhookResource(NoEntity, { event: 'product_update', ...NOBODY_IS_TOLD })],
        'NoEntity is declared a webhook resource, but is no entity of the data source',
      ],
      [
        'when it is declared twice in the options',
        [departures, departures],
        'Departure is declared a webhook resource, but is declared twice',
      ],
      [
        'when it is decorated and declared in the options',
        [webhookResource(Tour, { event: 'product_update', ...NOBODY_IS_TOLD })],
        'Tour is declared a webhook resource, but is declared twice',
      ],
      [
        'when its id is not clear',
        [webhookResource(Departure, { event: 'product_update', ...NOBODY_IS_TOLD })],
        'Departure is declared a webhook resource, but has several primary columns: give "resourceId"',
      ],
    ])('%s', async (_, resources, message) => {
      const starting = start(resources, { entities: ENTITIES });
      await expect(starting).rejects.toThrow(InvalidWebhookResourceError);
      await expect(starting).rejects.toThrow(message);
    });

    it.each(['trip', 'trips.leader', 'title', ''])('when it has no relation "%s"', async (relation) => {
      const guide = webhookResource(Guide, { event: 'product_update', ...NOBODY_IS_TOLD, relations: [relation] });
      const starting = start([guide], { entities: [Guide, Trip] });
      await expect(starting).rejects.toThrow(InvalidWebhookResourceError);
      await expect(starting).rejects.toThrow(`has no relation ${relation}`);
    });
  });
});

it('a class cannot be decorated as a webhook resource twice', () => {
  const decorate = AsWebhookResource<NoEntity>({ event: 'product_update', ...NOBODY_IS_TOLD });
  decorate(NoEntity);
  expect(() => decorate(NoEntity)).toThrow(InvalidWebhookResourceError);
  expect(() => decorate(NoEntity)).toThrow('NoEntity is declared a webhook resource, but is decorated twice.');
});
