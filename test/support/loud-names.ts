import { DefaultNamingStrategy } from 'typeorm';

/** A naming strategy that changes the names that entities are given, as some companies' rules for tables demand. */
export class LoudNames extends DefaultNamingStrategy {
  override tableName(target: string, given: string | undefined): string {
    return `T_${super.tableName(target, given).toUpperCase()}`;
  }

  override columnName(property: string, given: string | undefined, prefixes: string[]): string {
    return `C_${super.columnName(property, given ?? '', prefixes).toUpperCase()}`;
  }

  override prefixTableName(prefix: string, table: string): string {
    return `${prefix.toUpperCase()}${table}`;
  }
}
