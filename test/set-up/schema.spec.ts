import { expect, it, jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import {
  MissingWebhookEntitiesError,
  MissingWebhookTablesError,
  UnsupportedDatabaseError,
  webhookEntities,
  webhookMigrations,
  WrongWebhookEntitiesError,
  type WebhookDatabaseType,
} from 'nestjs-octo-webhooks';
import { Entity, PrimaryColumn, QueryFailedError, type DataSourceOptions, type EntityManager } from 'typeorm';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { describeOnServers } from '../support/each-database.js';
import type { HostParts } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';

const OTHER: Readonly<Record<string, WebhookDatabaseType>> = {
  postgres: 'mysql',
  mysql: 'postgres',
  mariadb: 'postgres',
};

/** A host with other options of its data source. Its tables are made before it starts, with the default names. */
const withOptions = (changes: (type: WebhookDatabaseType) => Partial<DataSourceOptions>): HostParts => ({
  dataSourceOptions: (options) => Object.assign(options, changes(options.type as WebhookDatabaseType)),
});

/** The queries of the check meet a database that is away. */
class AwayAtStart extends WebhooksDatabase {
  override reading<Result>(_work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return Promise.reject(new QueryFailedError('SELECT', [], new Error('The connection was lost.')));
  }
}

/** An entity of the host's. */
@Entity('own_event')
class WebhookEvent {
  @PrimaryColumn({ type: 'int' })
  id!: number;
}

const ENTITIES = [
  'WebhookRow',
  'WebhookConnection',
  'WebhookOwner',
  'WebhookEvent',
  'WebhookPayload',
  'WebhookDelivery',
  'WebhookAttempt',
];

describeOnServers('A host that starts', (kind) => {
  const hosts = useTestHosts(kind);
  const started = (parts: HostParts, enabled = true): Promise<unknown> =>
    hosts.start({ dispatch: { enabled } }, parts).catch((error: unknown) => error);

  it('without any entity of the library is told all of them, and what to do', async () => {
    const error = await started(withOptions(() => ({ entities: [] })));
    expect(error).toBeInstanceOf(MissingWebhookEntitiesError);
    expect(error).toMatchObject({
      entities: ENTITIES,
      message: expect.stringContaining('...webhookEntities('),
    });
  });

  it.each(ENTITIES)('without the entity %s is told so', async (name) => {
    const others = (type: WebhookDatabaseType) => webhookEntities(type).filter(({ options }) => options.name !== name);
    const error = await started(withOptions((type) => ({ entities: others(type) })));
    expect(error).toMatchObject({ name: 'MissingWebhookEntitiesError', entities: [name] });
  });

  it('without an entity is told so, although one of its own has the name', async () => {
    const others = (type: WebhookDatabaseType) =>
      webhookEntities(type).filter(({ options }) => options.name !== 'WebhookEvent');
    const error = await started(withOptions((type) => ({ entities: [...others(type), WebhookEvent] })));
    expect(error).toMatchObject({ name: 'MissingWebhookEntitiesError', entities: ['WebhookEvent'] });
  });

  it.each([true, false])(
    'without tables is told all of them, and what to do (dispatch.enabled: %s)',
    async (enabled) => {
      const error = await started(
        withOptions((type) => ({ entities: webhookEntities(type, { tablePrefix: 'tours_' }) })),
        enabled,
      );
      expect(error).toBeInstanceOf(MissingWebhookTablesError);
      const { missing, message } = error as MissingWebhookTablesError;
      expect(missing.map((table) => table.split('.').at(-1))).toEqual([
        'tours_webhook',
        'tours_webhook_connection',
        'tours_webhook_owner',
        'tours_webhook_event',
        'tours_webhook_payload',
        'tours_webhook_delivery',
        'tours_webhook_attempt',
      ]);
      expect(message).toMatch(/migrationsRun.*webhookMigrations\(\{ tablePrefix \}\).*migrationsTableName/);
    },
  );

  it('with a table that lacks a column is told which', async () => {
    const first = await hosts.start();
    await first.dataSource.query('ALTER TABLE octo_webhook_delivery DROP COLUMN trigger_request_id');
    await first.close();
    const error = await started({});
    expect(error).toBeInstanceOf(MissingWebhookTablesError);
    const { missing } = error as MissingWebhookTablesError;
    expect(missing).toEqual([expect.stringMatching(/octo_webhook_delivery \(.*trigger_request_id/)]);
  });

  it.each<[string, (type: WebhookDatabaseType) => Partial<DataSourceOptions>]>([
    [
      'migrationsRun',
      (type) => {
        const names = { tablePrefix: 'tours_' };
        return { entities: webhookEntities(type, names), migrations: webhookMigrations(names), migrationsRun: true };
      },
    ],
    [
      'synchronize',
      (type) => ({ entities: webhookEntities(type, { tablePrefix: 'synced_' }), migrations: [], synchronize: true }),
    ],
  ])('makes the tables itself with %s, and starts', async (_, changes) => {
    expect(await started(withOptions(changes))).toHaveProperty('emitter');
  });

  it('while the database is away starts, and says in the log what it has not checked', async () => {
    const warn = jest.fn();
    const logger: LoggerService = { log: () => undefined, error: () => undefined, warn };
    const host = await hosts.start(
      { dispatch: { enabled: false } },
      { logger, overrides: [[WebhooksDatabase, AwayAtStart]] },
    );
    expect(host.emitter).toBeDefined();
    expect(warn).toHaveBeenCalledWith('The tables could not be checked: The connection was lost.', 'OctoWebhooks');
  });

  it('with the entities of another database is told so, before TypeORM connects or complains', async () => {
    const error = await started(withOptions((type) => ({ entities: webhookEntities(OTHER[type] ?? 'mysql') })));
    expect(error).toBeInstanceOf(WrongWebhookEntitiesError);
    const { database, dataSourceType, message } = error as WrongWebhookEntitiesError;
    expect(database).toBe(OTHER[dataSourceType]);
    expect(message).toContain(`Register those of webhookEntities('${dataSourceType}')`);
  });
});

it.each(['postgresql', 'sqlite', undefined])('The entities of the unsupported database %s are refused', (type) => {
  expect(() => webhookEntities(type as WebhookDatabaseType)).toThrow(UnsupportedDatabaseError);
});
