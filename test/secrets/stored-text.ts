import type { DataSource } from 'typeorm';

/** Everything that the library's tables hold, as JSON text by table. */
export async function storedText(dataSource: DataSource): Promise<Record<string, string>> {
  const tables: Record<string, string> = {};
  for (const { tableName } of dataSource.entityMetadatas) {
    tables[tableName] = JSON.stringify(await dataSource.query<unknown>(`SELECT * FROM ${tableName}`));
  }
  return tables;
}
