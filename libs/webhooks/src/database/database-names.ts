import type { DataSource } from 'typeorm';
import type { DriverRow } from './sql.js';
import { canonicalName } from './table-names.js';

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
