import type { EntitySchemaColumnOptions } from 'typeorm';
import { UnreadableJsonError } from './unreadable-json.js';

/** The databases that the library supports, as TypeORM names their drivers. */
export type WebhookDatabaseType = 'mysql' | 'mariadb' | 'postgres';

type ColumnShape = Omit<EntitySchemaColumnOptions, 'name'>;

/** The column type of each kind of value. */
export interface ColumnTypes {
  /** A UUID of the library. */
  readonly uuid: ColumnShape;
  /** An id of the host. It is opaque, and is compared byte by byte, so that `a` and `A` are different. */
  readonly hostId: ColumnShape;
  /** The identity of a changed resource: up to three ids of the host in one. */
  readonly resourceKey: ColumnShape;
  /** A word of the library's vocabulary, such as the type of an event. */
  readonly word: ColumnShape;
  /** A language tag. */
  readonly language: ColumnShape;
  /**
   * A word that changes during the life of its row. On MySQL and MariaDB its size is fixed, for the reason given at
   * `NO_LEASE`.
   */
  readonly status: ColumnShape;
  /**
   * Text of up to 16 MiB, stored byte for byte. JSON is stored as text too, because MySQL's own JSON type reorders
   * keys.
   */
  readonly text: ColumnShape;
  /** A list or a map, stored as JSON text. */
  readonly json: ColumnShape;
  /**
   * A moment, in milliseconds since 1970 UTC. It is not a date type, because MySQL's drivers write dates in a time zone
   * that the host configures. Two processes with different time zones would shift each other's due times.
   */
  readonly instant: ColumnShape;
  readonly count: ColumnShape;
  readonly flag: ColumnShape;
  /** A number that the database assigns in ascending order. */
  readonly sequence: ColumnShape;
  /** A reference to such a number. */
  readonly sequenceRef: ColumnShape;
}

const asDate = {
  to: (value: Date | null | undefined) => (value instanceof Date ? value.getTime() : value),
  from: (value: string | number | null) => (value === null ? null : new Date(Number(value))),
};
const asNumber = {
  to: (value: unknown) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};
const asJson = {
  to: (value: unknown) => (value === null || value === undefined ? value : JSON.stringify(value)),
  from: (value: string | null): unknown => (value === null ? null : readJson(value)),
};

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableJsonError(error);
  }
}

const everywhere = {
  instant: { type: 'bigint', transformer: asDate },
  count: { type: 'int' },
  sequence: { type: 'bigint', primary: true, generated: 'increment', transformer: asNumber },
  sequenceRef: { type: 'bigint', transformer: asNumber },
} satisfies Partial<ColumnTypes>;

const ascii = { charset: 'ascii', collation: 'ascii_bin' };
const unicode = { charset: 'utf8mb4', collation: 'utf8mb4_bin' };

const mysql: ColumnTypes = {
  ...everywhere,
  uuid: { type: 'char', length: 36, ...ascii },
  hostId: { type: 'varchar', length: 191, ...unicode },
  resourceKey: { type: 'varchar', length: 600, ...unicode },
  word: { type: 'varchar', length: 32, ...ascii },
  language: { type: 'varchar', length: 64, ...ascii },
  status: { type: 'char', length: 12, ...ascii },
  text: { type: 'mediumtext', ...unicode },
  json: { type: 'mediumtext', ...unicode, transformer: asJson },
  flag: { type: 'tinyint', transformer: { to: (value: unknown) => value, from: (value: unknown) => Boolean(value) } },
};

const postgres: ColumnTypes = {
  ...everywhere,
  uuid: { type: 'uuid' },
  hostId: { type: 'varchar', length: 191 },
  resourceKey: { type: 'varchar', length: 600 },
  word: { type: 'varchar', length: 32 },
  language: { type: 'varchar', length: 64 },
  status: { type: 'varchar', length: 12 },
  text: { type: 'text' },
  json: { type: 'text', transformer: asJson },
  flag: { type: 'boolean' },
};

/** The column types of one kind of database. */
export function columnTypes(database: WebhookDatabaseType): ColumnTypes {
  return database === 'postgres' ? postgres : mysql;
}
