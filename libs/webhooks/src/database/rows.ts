import { WebhooksError } from '../webhooks.errors.js';

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
  // The drivers return a 64-bit integer as text, always or if it is large.
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return Number(value);
  throw new UnexpectedColumnError(column, 'a number', value);
}

export function numberOrNull(row: DriverRow, column: string): number | null {
  return row[column] === null ? null : numberOf(row, column);
}

/** The UTF-8 bytes of a column that was selected with `asBytes`. */
export function bytesOf(row: DriverRow, column: string): Buffer {
  const value = row[column];
  return Buffer.isBuffer(value) ? value : Buffer.from(textOf(row, column));
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
