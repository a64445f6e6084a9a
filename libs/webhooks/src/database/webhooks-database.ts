import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import type { WebhookDatabaseType } from './column-types.js';
import { failedWith } from './query-error.js';
import { isSupported, UnsupportedDatabaseError } from './schema.errors.js';
import { type DriverRow, insertChunks, type InsertRow, placeholders, type SqlValue } from './sql.js';
import { canonicalName } from './table-names.js';

/** Injection token of the data source that holds the webhook tables. */
export const WEBHOOKS_DATA_SOURCE = Symbol('WEBHOOKS_DATA_SOURCE');

/** Errors by which the database ends a lost race for locks: MySQL 1213 and 1205, PostgreSQL 40P01 and 40001. */
const RACE_CODES: ReadonlySet<unknown> = new Set([1213, 1205, '40P01', '40001']);
const RACE_TRIES = 5;

/**
 * The host's database, in SQL that MySQL, MariaDB and PostgreSQL share. Statements have `?` for values. Table names come from
 * `table()`, which knows the host's prefixes and schema; columns and indexes are written as in the entities, and
 * `DatabaseNames` replaces those that a naming strategy of the host has changed.
 */
@Injectable()
export class WebhooksDatabase {
  readonly type: WebhookDatabaseType;
  private known: DatabaseNames | null = null;

  /** @throws UnsupportedDatabaseError */
  constructor(@Inject(WEBHOOKS_DATA_SOURCE) readonly dataSource: DataSource) {
    const { type } = dataSource.options;
    if (!isSupported(type)) throw new UnsupportedDatabaseError(type);
    this.type = type;
  }

  /** The manager outside of any transaction. It runs SQL where rows are written; entities are read by `reading`. */
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
   * Follows a table's name where MySQL and MariaDB must find rows through one index. Otherwise, they may scan a small
   * table and wait for rows that others have locked. They may also lock through an index in which a row moves
   * meanwhile, and miss the row.
   *
   * A subquery for the first entry of an index orders it by the columns that it compares with the outer row, and then by those that
   * follow in the index. Otherwise, MySQL reads and sorts all entries.
   *
   * @param index its name as the entities write it, `PRIMARY` for the primary key
   */
  byIndex(index: string): string {
    return this.isPostgres ? '' : `FORCE INDEX (${this.names.index(index)})`;
  }

  /**
   * A text column in a SELECT, to be read by `bytesOrNull`. Text that is only passed on is not decoded if the driver
   * returns plain bytes. PostgreSQL would send bytes as hexadecimal digits, so it sends text.
   */
  asBytes(column: string): string {
    return this.isPostgres ? column : `CONVERT(${column} USING binary)`;
  }

  /** Runs a SELECT. @param read reads one row, with the functions of `sql.ts` */
  async select<Row>(
    manager: EntityManager,
    sql: string,
    values: readonly SqlValue[],
    read: (row: DriverRow) => Row,
  ): Promise<Row[]> {
    const rows = await manager.query<DriverRow[]>(this.statement(sql), [...values]);
    return rows.map((row) => read(this.names.inRow(row)));
  }

  /**
   * Reads entities where they are written. Outside of a transaction, TypeORM would read them from a replica of the host's,
   * which may not have them yet.
   */
  async reading<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    const runner = this.dataSource.createQueryRunner('master');
    try {
      return await work(runner.manager);
    } finally {
      await runner.release();
    }
  }

  /** Runs an UPDATE or DELETE. @returns how many rows it matched */
  async change(manager: EntityManager, sql: string, values: readonly SqlValue[]): Promise<number> {
    if (this.isPostgres) return (await manager.query<[unknown, number]>(this.statement(sql), [...values]))[1];
    return (await manager.query<{ affectedRows: number }>(this.statement(sql), [...values])).affectedRows;
  }

  /**
   * Inserts rows that all have the same columns, many with each statement. A column that may be NULL must have no other
   * default.
   */
  async insert(manager: EntityManager, entity: EntityTarget<ObjectLiteral>, rows: readonly InsertRow[]): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    // A column that is NULL in all rows is left out, because the database spends time on each value.
    const columns = Object.keys(first).filter((column) => rows.some((row) => row[column] !== null));
    const placeholdersOfRow = `(${placeholders(columns)})`;
    for (const chunk of insertChunks(rows, columns)) {
      const values = chunk.map(() => placeholdersOfRow).join(', ');
      await manager.query(
        this.statement(`INSERT INTO ${this.table(entity)} (${columns.join(', ')}) VALUES ${values}`),
        chunk.flatMap((row) => columns.map((column) => row[column] ?? null)),
      );
    }
  }

  /**
   * Runs work in a transaction of its own, and again if it loses a race for locks.
   *
   * It names READ COMMITTED: under MySQL's default, REPEATABLE READ, a claim locks the gaps between rows, and the host's
   * inserts into the outbox would wait for it.
   */
  async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    return this.retried(() => this.dataSource.transaction('READ COMMITTED', work));
  }

  /** Runs a statement outside of any transaction, or a whole transaction, and again if it loses a race for locks. */
  async retried<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (tries === RACE_TRIES || !failedWith(error, RACE_CODES)) throw error;
      }
    }
  }

  /** Whether the database answers. If not, an error that came just before is an outage, whatever its message says. */
  async isReachable(): Promise<boolean> {
    try {
      await this.manager.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  private get isPostgres(): boolean {
    return this.type === 'postgres';
  }

  /** Made at the first use, because a host may initialize its data source after this object is made. */
  private get names(): DatabaseNames {
    this.known ??= new DatabaseNames(this.dataSource);
    return this.known;
  }

  /** A statement as this database takes it. */
  private statement(sql: string): string {
    const named = this.names.inSql(sql);
    if (!this.isPostgres) return named;
    let number = 0;
    return named.replaceAll('?', () => `$${(number += 1)}`);
  }
}

/** A quoted text or name, or a word in small letters: the SQL of the library writes its columns so, and keywords in capitals. */
const WORD = /'[^']*'|"[^"]*"|`[^`]*`|\b[a-z_]+\b/g;

/**
 * The names that the columns and indexes of the library have in a data source. They are as the SQL of the library writes
 * them, unless a naming strategy of the host changes names that are given.
 */
export class DatabaseNames {
  private readonly indexes = new Map<string, string>();
  /** Only the columns that have other names. */
  private readonly columns = new Map<string, string>();
  private readonly canonicalColumns = new Map<string, string>();

  constructor(private readonly dataSource: DataSource) {
    for (const { indices, columns } of dataSource.entityMetadatas) {
      const own = indices.map((index) => ({ index, canonical: canonicalName(index) }));
      for (const { index, canonical } of own) {
        if (canonical !== undefined) this.indexes.set(canonical, index.name);
      }
      if (own.some(({ canonical }) => canonical !== undefined)) {
        for (const { givenDatabaseName: given, databaseName } of columns) this.rename(given, databaseName);
      }
    }
  }

  /** The escaped name of an index. @param canonical as the entities write it */
  index(canonical: string): string {
    return this.dataSource.driver.escape(this.indexes.get(canonical) ?? canonical);
  }

  /** A statement with the names of the data source. */
  inSql(sql: string): string {
    if (this.columns.size === 0) return sql;
    return sql.replaceAll(WORD, (word) => this.columns.get(word) ?? word);
  }

  /** A row of the result of such a statement, with the names that the library gives to columns. */
  inRow(row: DriverRow): DriverRow {
    if (this.columns.size === 0) return row;
    return Object.fromEntries(
      Object.entries(row).map(([name, value]) => [this.canonicalColumns.get(name) ?? name, value]),
    );
  }

  private rename(given: string | undefined, actual: string): void {
    if (given === undefined || given === actual) return;
    this.columns.set(given, this.dataSource.driver.escape(actual));
    this.canonicalColumns.set(actual, given);
  }
}

/**
 * Leases rows and reads them. If that fails, the rows are given back. The statement that leased them may have been committed,
 * although its answer was lost, and then nobody else could work on them until the lease ends.
 *
 * @param giveBack ends the lease. If it fails, too, the database is away, and the lease ends by itself
 * @throws whatever `work` throws
 */
export async function orGiveBack<Result>(
  work: () => Promise<Result>,
  giveBack: () => Promise<unknown>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await giveBack().catch(() => undefined);
    throw error;
  }
}
