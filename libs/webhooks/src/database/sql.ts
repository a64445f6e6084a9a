/** A value as both drivers take it. */
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

/** Text from outside as every database can store it: PostgreSQL's text cannot hold NUL. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** Splits rows into INSERTs that every database takes: by rows, by values and by characters. */
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

/** How long a value may be in a statement. */
function charactersOf(value: SqlValue | undefined): number {
  return typeof value === 'string' ? value.length : MOST_DIGITS;
}
