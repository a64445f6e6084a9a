import { Inject, Injectable } from '@nestjs/common';
import { DataSource, QueryFailedError, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { UnsupportedDatabaseError } from '../webhooks.errors.js';

/** Token of the data source that holds the webhook tables. */
export const WEBHOOKS_DATA_SOURCE = Symbol('WEBHOOKS_DATA_SOURCE');

/** A value as both drivers take it. */
export type SqlValue = string | number | boolean | null;

/** What a statement gives back for one row. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** Lost races that the database itself resolves by refusing one side: MySQL 1213 and 1205, PostgreSQL 40P01 and 40001. */
const RACE_CODES: ReadonlySet<unknown> = new Set([1213, 1205, '40P01', '40001']);
const RACE_TRIES = 5;

type InsertRow = Readonly<Record<string, SqlValue>>;

const MAX_ROWS = 500;
/** PostgreSQL numbers a statement's values with 16 bits. */
const MAX_VALUES = 65_535;
/** MySQL and MariaDB take statements of up to 16 MiB by default, and a character may be four bytes. */
const MAX_CHARACTERS = 2 * 1024 * 1024;
const MOST_DIGITS = 20;

/**
 * The host's database, spoken to in SQL that MySQL, MariaDB and PostgreSQL share. Statements are written with `?` for
 * values; table names come from `table()`, so that the host's `entityPrefix` and schema hold.
 */
@Injectable()
export class WebhooksDatabase {
  private readonly isPostgres: boolean;

  /** @throws UnsupportedDatabaseError */
  constructor(@Inject(WEBHOOKS_DATA_SOURCE) readonly dataSource: DataSource) {
    const { type } = dataSource.options;
    if (type !== 'mysql' && type !== 'mariadb' && type !== 'postgres') throw new UnsupportedDatabaseError(type);
    this.isPostgres = type === 'postgres';
  }

  /** The manager outside of any transaction. */
  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /** The escaped name of an entity's table. */
  table(entity: EntityTarget<ObjectLiteral>): string {
    const { driver } = this.dataSource;
    return this.dataSource
      .getMetadata(entity)
      .tablePath.split('.')
      .map((part) => driver.escape(part))
      .join('.');
  }

  /**
   * Follows a table's name where rows must be found by one index, on MySQL and MariaDB: left to choose, they may read a small
   * table as a whole and so wait for rows that others have locked, or lock by an index in which a row moves meanwhile and is
   * missed.
   *
   * @param index its name, `PRIMARY` for the primary key
   */
  byIndex(index: string): string {
    return this.isPostgres ? '' : `FORCE INDEX (${index})`;
  }

  /**
   * A column of text in a SELECT, to be read by `bytesOf`: text that is only handed on need not be decoded where the driver
   * gives bytes as they are. PostgreSQL's driver would get them as hexadecimal digits.
   */
  asBytes(column: string): string {
    return this.isPostgres ? column : `CONVERT(${column} USING binary)`;
  }

  /** Runs a SELECT. */
  async select<Row extends SqlRow>(manager: EntityManager, sql: string, values: readonly SqlValue[]): Promise<Row[]> {
    return manager.query<Row[]>(this.numbered(sql), [...values]);
  }

  /** Runs an UPDATE or DELETE and tells how many rows it matched. */
  async change(manager: EntityManager, sql: string, values: readonly SqlValue[]): Promise<number> {
    const result: unknown = await manager.query(this.numbered(sql), [...values]);
    return this.isPostgres ? (result as [unknown, number])[1] : (result as { affectedRows: number }).affectedRows;
  }

  /**
   * Inserts rows that all have the same columns, many to a statement. A column that may be NULL has no other default.
   *
   * @param rows column name to value
   */
  async insert(manager: EntityManager, entity: EntityTarget<ObjectLiteral>, rows: readonly InsertRow[]): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    // What is NULL everywhere is so by default, and each value of a statement takes time to be read.
    const columns = Object.keys(first).filter((column) => rows.some((row) => row[column] !== null));
    const placeholdersOfRow = `(${placeholders(columns)})`;
    for (const chunk of chunks(rows, columns)) {
      const values = chunk.map(() => placeholdersOfRow).join(', ');
      await manager.query(
        this.numbered(`INSERT INTO ${this.table(entity)} (${columns.join(', ')}) VALUES ${values}`),
        chunk.flatMap((row) => columns.map((column) => row[column] ?? null)),
      );
    }
  }

  /**
   * Runs work in a transaction of its own, again if it lost a race for locks.
   *
   * READ COMMITTED is asked for by name: under MySQL's default, REPEATABLE READ, a claim locks the gaps between rows,
   * and the host's inserts into the outbox would wait for it.
   */
  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.retried(() => this.dataSource.transaction('READ COMMITTED', work));
  }

  /** Runs a statement outside of any transaction, or a whole transaction, again if it lost a race for locks. */
  async retried<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries === RACE_TRIES || !isLostRace(error)) throw error;
      }
    }
  }

  /** Whether the database answers: an error that came while it does not is an outage, whatever the error says. */
  async isReachable(): Promise<boolean> {
    try {
      await this.manager.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  private numbered(sql: string): string {
    if (!this.isPostgres) return sql;
    let number = 0;
    return sql.replaceAll('?', () => `$${(number += 1)}`);
  }
}

/** What a SELECT has given for a column `asBytes`, as UTF-8. */
export function bytesOf(value: unknown): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(String(value));
}

/** Text from outside as every database can store it: PostgreSQL's text cannot hold NUL. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** The placeholders of a list: `?, ?, ?`. */
export function placeholders(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** The placeholders of a list of pairs or triples: `(?, ?), (?, ?)`. */
export function tuplePlaceholders(tuples: readonly (readonly unknown[])[]): string {
  return tuples.map((tuple) => `(${placeholders(tuple)})`).join(', ');
}

/** Cuts rows into statements that every database takes: in rows, in values, and in bytes. */
function* chunks(rows: readonly InsertRow[], columns: readonly string[]): Generator<readonly InsertRow[]> {
  const rowsAtOnce = Math.min(MAX_ROWS, Math.floor(MAX_VALUES / columns.length));
  let chunk: InsertRow[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = columns.reduce((sum, column) => sum + charactersOf(row[column]), 0);
    if (chunk.length > 0 && (chunk.length === rowsAtOnce || characters + size > MAX_CHARACTERS)) {
      yield chunk;
      [chunk, characters] = [[], 0];
    }
    chunk.push(row);
    characters += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** How long a value is in a statement: a number has at most so many digits. */
function charactersOf(value: SqlValue | undefined): number {
  return typeof value === 'string' ? value.length : MOST_DIGITS;
}

function isLostRace(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { driverError } = error as QueryFailedError<Error & { errno?: unknown; code?: unknown }>;
  return RACE_CODES.has(driverError.errno) || RACE_CODES.has(driverError.code);
}
