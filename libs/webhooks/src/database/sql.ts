import { WebhooksError } from '../webhooks.errors.js';

/** A value that both drivers accept. */
export type SqlValue = string | number | boolean | null;

/** A row to insert: column name to value. */
export type InsertRow = Readonly<Record<string, SqlValue>>;

const MOST_ROWS = 500;
/** PostgreSQL numbers the values of a statement with 16 bits. */
const MOST_VALUES = 65_535;
/** MySQL and MariaDB take statements of up to 16 MiB by default, and a character may be four bytes. */
const MOST_CHARACTERS = 2 * 1024 * 1024;
const MOST_DIGITS = 20;

/** The placeholders of a list: `?, ?, ?`. */
export function placeholders(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** The placeholders of a list of pairs or triples: `(?, ?), (?, ?)`. */
export function tuplePlaceholders(tuples: readonly (readonly unknown[])[]): string {
  return tuples.map((tuple) => `(${placeholders(tuple)})`).join(', ');
}

/** Control characters except tab and line feed, and those that change the direction in which a text is shown. */
const MISLEADING = /[^\P{Cc}\t\n]|\p{Bidi_Control}/gu;

/**
 * Text from outside in a form that every database can store, and that a terminal or a browser shows as it is. PostgreSQL cannot
 * store NUL; other control characters would move the cursor of whoever reads the text, or reverse it.
 */
export function storableText(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(MISLEADING, '\uFFFD');
}

/** Splits rows into INSERTs that every database accepts: by rows, by values and by characters. */
export function* insertChunks(rows: readonly InsertRow[], columns: readonly string[]): Generator<readonly InsertRow[]> {
  const rowsAtOnce = Math.min(MOST_ROWS, Math.floor(MOST_VALUES / columns.length));
  let chunk: InsertRow[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = columns.reduce((sum, column) => sum + charactersOf(row[column]), 0);
    if (chunk.length > 0 && (chunk.length === rowsAtOnce || characters + size > MOST_CHARACTERS)) {
      yield chunk;
      [chunk, characters] = [[], 0];
    }
    chunk.push(row);
    characters += size;
  }
  if (chunk.length > 0) yield chunk;
}

/** The greatest length of a value in a statement. */
function charactersOf(value: SqlValue | undefined): number {
  return typeof value === 'string' ? value.length : MOST_DIGITS;
}

/** A row as the driver returns it, by column. Each SELECT reads its rows with the functions below, column by column. */
export type DriverRow = Readonly<Record<string, unknown>>;

export function textOf(row: DriverRow, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  throw new UnexpectedColumnError(column, 'text', value);
}

export function textOrNull(row: DriverRow, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

export function numberOf(row: DriverRow, column: string): number {
  const value = row[column];
  if (typeof value === 'number') return value;
  // The drivers return 64-bit integers as text, some of them only if the integer is large.
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
  throw new UnexpectedColumnError(column, 'a number', value);
}

export function numberOrNull(row: DriverRow, column: string): number | null {
  return row[column] === null ? null : numberOf(row, column);
}

/** The UTF-8 bytes of a column that was selected with `asBytes`. */
export function bytesOrNull(row: DriverRow, column: string): Buffer | null {
  const value = row[column];
  if (value === null || Buffer.isBuffer(value)) return value;
  return Buffer.from(textOf(row, column));
}

/** A SELECT returned a column without the value that the library stores there. The message names its kind and never the value. */
export class UnexpectedColumnError extends WebhooksError {
  constructor(column: string, expected: string, value: unknown) {
    super(`The column ${column} must hold ${expected}, but the database returned ${kindOf(value)}.`);
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'no such column';
  if (value === null) return 'NULL';
  return typeof value === 'object' ? `an object (${value.constructor.name})` : `a ${typeof value}`;
}

/** Groups items by key, as `Map.groupBy` of Node.js 21 does: keys and items keep their order. */
export function groupedBy<Item, Key>(items: Iterable<Item>, keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
