import { webhookEntities } from 'nestjs-octo-webhooks';
import type { DataSource } from 'typeorm';

/** Removes all rows of the library, so that the tests of a group can share a host. */
export async function emptyTables(dataSource: DataSource): Promise<void> {
  for (const entity of webhookEntities('postgres')) await dataSource.getRepository(entity).deleteAll();
}
