import { expect, it } from '@jest/globals';
import {
  InvalidWebhooksOptionError,
  webhookEntities,
  WEBHOOK_MIGRATIONS,
  webhookMigrations,
  WebhookTablesExistError,
  type WebhookDatabaseType,
  type WebhookTableOptions,
} from 'nestjs-octo-webhooks';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { EmbeddedPostgres } from '../../apps/booking-platform/src/database/embedded-postgres.js';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import type { DatabaseKind } from '../support/database-servers.js';
import { LoudNames } from '../support/loud-names.js';
import { useResource } from '../support/resources.js';

/** With the type `mysql`, TypeORM reports every nullable column of a MariaDB server as changed, whoever made it. */
const TYPES: Readonly<Record<DatabaseKind, WebhookDatabaseType>> = {
  PGlite: 'postgres',
  MySQL: 'mysql',
  MariaDB: 'mariadb',
  PostgreSQL: 'postgres',
};

type Names = Pick<DataSourceOptions, 'entityPrefix' | 'namingStrategy'> & WebhookTableOptions;

/** The longest prefix with which every name has at most 63 characters. */
const LONGEST = 'p'.repeat(30);

const NAMED: [what: string, names: Names, delivery: string][] = [
  ['no names of its own', {}, 'octo_webhook_delivery'],
  ['an entityPrefix', { entityPrefix: 'app_' }, 'app_octo_webhook_delivery'],
  ['a tablePrefix', { tablePrefix: 'tours_' }, 'tours_webhook_delivery'],
  ['no tablePrefix at all', { tablePrefix: '' }, 'webhook_delivery'],
  ['both', { entityPrefix: 'app_', tablePrefix: 'tours_' }, 'app_tours_webhook_delivery'],
  ['a tablePrefix of the greatest length', { tablePrefix: LONGEST }, `${LONGEST}webhook_delivery`],
  [
    'a naming strategy that changes given names',
    { entityPrefix: 'app_', namingStrategy: new LoudNames() },
    'APP_T_OCTO_WEBHOOK_DELIVERY',
  ],
];

describeOnDatabases('The migrations', (kind) => {
  const type = TYPES[kind];
  const database = useTestDatabase(kind);
  let place: Pick<DataSourceOptions & { type: 'postgres' }, 'host' | 'username' | 'database' | 'url'>;
  let opened: DataSource[] = [];
  useResource('group', async () => {
    const embedded = kind === 'PGlite' ? await EmbeddedPostgres.start(null) : null;
    place =
      embedded === null
        ? { url: database.url }
        : { host: embedded.socketDirectory, username: 'postgres', database: 'postgres' };
    return async () => embedded?.stop();
  });
  useResource('test', () =>
    Promise.resolve(async () => {
      for (const dataSource of opened.splice(0)) await dataSource.destroy();
    }),
  );

  async function open({ tablePrefix, ...names }: Names, changes: object = {}): Promise<DataSource> {
    const options = tablePrefix === undefined ? {} : { tablePrefix };
    const migrations = webhookMigrations(options);
    const dataSource = new DataSource({
      type,
      ...place,
      ...names,
      entities: webhookEntities(type, options),
      migrations,
      ...changes,
    });
    await dataSource.initialize();
    opened = [...opened, dataSource];
    return dataSource;
  }

  it.each(NAMED)(
    'make the tables that the entities describe, and remove them again, with %s',
    async (_, names, delivery) => {
      const dataSource = await open(names);
      await dataSource.runMigrations();
      const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query)).toEqual([]);

      const runner = dataSource.createQueryRunner();
      const table = await runner.getTable(dataSource.driver.buildTableName(delivery, dataSource.driver.schema));
      expect(table?.indices.map(({ name }) => name).sort()).toEqual(
        ['due', 'lane', 'payload'].map((index) => `${delivery}_${index}_idx`),
      );

      await dataSource.undoLastMigration();
      expect(await runner.hasTable(delivery)).toBe(false);
      await runner.release();
    },
  );

  it('of two prefixes share the list of migrations that have run', async () => {
    for (const tablePrefix of ['one_', 'two_']) {
      const dataSource = await open({ tablePrefix });
      expect(await dataSource.runMigrations()).toHaveLength(1);
      expect(await dataSource.query('SELECT id FROM ' + `${tablePrefix}webhook`)).toEqual([]);
      expect(await dataSource.showMigrations()).toBe(false);
    }
  });

  it('refuse to run beside a table of the host with a name of theirs, say so, and make nothing', async () => {
    const dataSource = await open({}, { migrationsTransactionMode: 'none' });
    await dataSource.query('CREATE TABLE octo_webhook_payload (id INT PRIMARY KEY)');
    const refusal: unknown = await dataSource.runMigrations().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(WebhookTablesExistError);
    expect(refusal).toMatchObject({
      message: expect.stringMatching(/already has .*octo_webhook_payload\..*\{ tablePrefix \}/),
    });
    const runner = dataSource.createQueryRunner();
    expect(await runner.hasTable('octo_webhook')).toBe(false);
    await runner.release();
    await dataSource.query('DROP TABLE octo_webhook_payload');
  });

  if (type === 'postgres') {
    it('refuse to run beside an index of the host with a name of theirs, and say so', async () => {
      const dataSource = await open({ tablePrefix: 'taken_' });
      await dataSource.query('CREATE TABLE own (id INT PRIMARY KEY)');
      await dataSource.query('CREATE INDEX taken_webhook_delivery_due_idx ON own (id)');
      await expect(dataSource.runMigrations()).rejects.toThrow(/taken_webhook_delivery_due_idx.*\{ tablePrefix \}/);
    });
  }

  it.each<[string, Names]>([
    ['tablePrefix', { tablePrefix: `${LONGEST}p` }],
    ['entityPrefix', { entityPrefix: 'p'.repeat(26) }],
  ])('and entities are refused at the start, when a name would be too long because of %s', async (_, names) => {
    await expect(open(names)).rejects.toThrow(InvalidWebhooksOptionError);
    await expect(open(names)).rejects.toThrow(/option tablePrefix .* must be shorter.* has 64 characters.* allow 63/);
  });
});

it.each([{ tablePrefix: 'tours-' }, { tablePrefix: 'tours.' }, { tablePrefix: 'to urs' }, { tablePrefix: 'ü_' }])(
  'A table prefix that would have to be quoted is refused: %j',
  (options) => {
    expect(() => webhookEntities('mysql', options)).toThrow(InvalidWebhooksOptionError);
    expect(() => webhookMigrations(options)).toThrow('option tablePrefix');
  },
);

it('An option of the tables that is unknown is refused', () => {
  const options = JSON.parse('{"tablesPrefix":"tours_"}') as WebhookTableOptions;
  expect(() => webhookEntities('mysql', options)).toThrow('Did you mean tablePrefix?');
  expect(() => webhookMigrations(options)).toThrow('Did you mean tablePrefix?');
});

it('The migrations of the default prefix are WEBHOOK_MIGRATIONS', () => {
  expect(webhookMigrations()).toEqual(WEBHOOK_MIGRATIONS);
  expect(webhookMigrations({ tablePrefix: 'octo_' })).toEqual(WEBHOOK_MIGRATIONS);
});
