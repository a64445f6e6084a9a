import { EntitySchema, type EntityMetadata, type EntitySchemaIndexOptions, type ObjectLiteral } from 'typeorm';
import { refuseUnknownNames } from '../option-table.js';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import type { WebhookDatabaseType } from './column-types.js';
import { isSupported, UnsupportedDatabaseError, WrongWebhookEntitiesError } from './schema.errors.js';

type IndexMetadata = EntityMetadata['indices'][number];

/** The beginning of the names of all tables, as the entities and migrations are written. */
export const DEFAULT_TABLE_PREFIX = 'octo_';

/** PostgreSQL cuts longer names off without an error, and MySQL allows one character more. */
const MOST_CHARACTERS = 63;

/** How the tables are named. Entities and migrations must have the same. */
export interface WebhookTableOptions {
  /**
   * What the names of all tables and indexes begin with: `tours_` makes `tours_webhook`, `tours_webhook_event` and so on. The
   * `entityPrefix` of the data source comes before it. Letters, digits and `_`. Default: `octo_`.
   */
  tablePrefix?: string;
}

/** @throws InvalidWebhooksOptionError for a name that is unknown, and for a prefix that is not one */
export function tablePrefixOf(options: WebhookTableOptions): string {
  refuseUnknownNames('', ['tablePrefix'], options);
  const { tablePrefix = DEFAULT_TABLE_PREFIX } = options;
  if (typeof tablePrefix === 'string' && /^\w*$/.test(tablePrefix)) return tablePrefix;
  throw new InvalidWebhooksOptionError('tablePrefix', tablePrefix, 'a text of letters, digits and _');
}

/** The names under which the library's SQL knows the indexes, which may have others in a data source. */
const canonicalNames = new WeakMap<IndexMetadata, string>();

/** The name that the index has in the entities as they are written; undefined for an index of the host's. */
export function canonicalName(index: IndexMetadata): string | undefined {
  return canonicalNames.get(index);
}

/** The name of an index: that of its table, in which the prefixes are, and the rest of the name as it is written. */
export function indexName(canonical: string, canonicalTable: string, table: string): string {
  const name = `${table}${canonical.slice(canonicalTable.length)}`;
  if (name.length <= MOST_CHARACTERS) return name;
  throw new InvalidWebhooksOptionError(
    'tablePrefix',
    table,
    `shorter, together with "entityPrefix" of the data source: the name ${name} has ${name.length} characters, and databases allow ${MOST_CHARACTERS}`,
  );
}

/** The entity with the table prefix of the host, and with indexes that are named after their table. */
export function withTableNames<Row extends ObjectLiteral>(
  { options }: EntitySchema<Row>,
  database: WebhookDatabaseType,
  tablePrefix: string,
): EntitySchema<Row> {
  const { tableName = '', indices = [] } = options;
  return new EntitySchema<Row>({
    ...options,
    tableName: `${tablePrefix}${tableName.slice(DEFAULT_TABLE_PREFIX.length)}`,
    indices: indices.map((index) => namedAfterTable(index, tableName, database)),
  });
}

/**
 * Only the data source knows the whole name of a table: its `entityPrefix` and naming strategy may change it. In
 * PostgreSQL the names of indexes are unique in a schema, so an index must take part in that. TypeORM asks the function
 * for the columns on the metadata of the index, after it has named the table and before it names the index.
 */
function namedAfterTable(
  { name: canonical = '', columns: properties, ...rest }: EntitySchemaIndexOptions,
  canonicalTable: string,
  database: WebhookDatabaseType,
): EntitySchemaIndexOptions {
  return {
    ...rest,
    columns: function (this: IndexMetadata): string[] {
      const { tableName, dataSource } = this.entityMetadata;
      refuseOtherDatabase(dataSource.options.type, database);
      this.givenName = indexName(canonical, canonicalTable, tableName);
      canonicalNames.set(this, canonical);
      return Array.isArray(properties) ? properties : [];
    },
  };
}

/** Here, because TypeORM itself accepts some columns of another database, or refuses them without saying what to do. */
function refuseOtherDatabase(type: string, database: WebhookDatabaseType): void {
  if (!isSupported(type)) throw new UnsupportedDatabaseError(type);
  if ((type === 'postgres') !== (database === 'postgres')) throw new WrongWebhookEntitiesError(database, type);
}
