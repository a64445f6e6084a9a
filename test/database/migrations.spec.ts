import { expect, it } from '@jest/globals';
import { webhookEntities, WEBHOOK_MIGRATIONS, type WebhookDatabaseType } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { EmbeddedPostgres } from '../../apps/booking-platform/src/database/embedded-postgres.js';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import type { DatabaseKind } from '../support/database-servers.js';

/** With the type `mysql`, TypeORM reports every nullable column of a MariaDB server as changed, whoever made it. */
const TYPES: Readonly<Record<DatabaseKind, WebhookDatabaseType>> = {
  PGlite: 'postgres',
  MySQL: 'mysql',
  MariaDB: 'mariadb',
  PostgreSQL: 'postgres',
};

describeOnDatabases('The migrations', (kind) => {
  const database = useTestDatabase(kind);

  it('make the tables that the entities describe, with the prefix of the host, and remove them again', async () => {
    const type = TYPES[kind];
    const embedded = kind === 'PGlite' ? await EmbeddedPostgres.start(null) : null;
    const place =
      embedded === null
        ? { url: database.url }
        : { host: embedded.socketDirectory, username: 'postgres', database: 'postgres' };
    const dataSource = new DataSource({
      type,
      ...place,
      entityPrefix: 'app_',
      entities: webhookEntities(type),
      migrations: WEBHOOK_MIGRATIONS,
    });
    await dataSource.initialize();

    await dataSource.runMigrations();
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
    expect(dataSource.entityMetadatas.map(({ tableName }) => tableName)).toContain('app_octo_webhook_delivery');

    await dataSource.undoLastMigration();
    const runner = dataSource.createQueryRunner();
    expect(await runner.hasTable('app_octo_webhook_delivery')).toBe(false);
    await runner.release();

    await dataSource.destroy();
    await embedded?.stop();
  });
});
