import type { INestApplicationContext } from '@nestjs/common';
import { WebhooksService } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { dataSourceOptions, startHost } from './host.js';
import { HostChange, HostResource } from './host-tables.js';
import { CONNECTIONS, HOOKS, RESOURCE_IDS } from './resources.js';

/**
 * Makes the tables, the host's resources and the webhooks.
 *
 * @param urlOf where the webhook of a name is to be sent
 * @returns the application that did so, which delivers nothing
 */
export async function prepareDatabase(
  databaseUrl: string,
  urlOf: (hook: string) => string,
): Promise<INestApplicationContext> {
  // A data source that knows only the host's tables leaves the library's to its migrations.
  const host = { entities: [HostResource, HostChange], migrations: [], synchronize: true };
  const tables = await new DataSource({ ...dataSourceOptions(databaseUrl), ...host }).initialize();
  await tables.destroy();
  // The library refuses to start without its tables.
  const migrated = await new DataSource(dataSourceOptions(databaseUrl)).initialize();
  await migrated.runMigrations();
  await migrated.destroy();

  const app = await startHost(databaseUrl, { dispatches: false });
  await app.get(DataSource).manager.insert(
    HostResource,
    RESOURCE_IDS.map((id) => ({ id, version: 0 })),
  );
  for (const { name, partner, event } of HOOKS) {
    await app.get(WebhooksService).create(CONNECTIONS[partner], { event, url: urlOf(name) }, []);
  }
  return app;
}
