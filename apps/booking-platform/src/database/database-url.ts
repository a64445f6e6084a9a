/** The place of the data: embedded in this process, or on a server. */
export type DatabaseTarget =
  /** `directory` null keeps everything in memory. */
  | { readonly kind: 'embedded'; readonly directory: string | null }
  | { readonly kind: 'server'; readonly type: 'mysql' | 'mariadb' | 'postgres'; readonly url: string };

const SERVER_TYPES: ReadonlyMap<string, 'mysql' | 'mariadb' | 'postgres'> = new Map([
  ['mysql:', 'mysql'],
  ['mariadb:', 'mariadb'],
  ['postgres:', 'postgres'],
  ['postgresql:', 'postgres'],
]);

/** The schemes in words, for error messages. */
const ALLOWED =
  'pglite:memory, pglite:DIRECTORY, or a URL mysql://, mariadb:// or postgres:// of the form ' +
  'scheme://user:password@host:port/database';

/**
 * Reads a `DATABASE_URL`.
 *
 * @throws Error whose message says what is allowed. It contains nothing of the value, which may contain a password
 */
export function parseDatabaseUrl(value: string): DatabaseTarget {
  if (value.startsWith('pglite:')) {
    const directory = value.slice('pglite:'.length);
    if (directory === '') throw new Error(ALLOWED);
    return { kind: 'embedded', directory: directory === 'memory' ? null : directory };
  }
  const url = URL.canParse(value) ? new URL(value) : null;
  const type = url === null ? undefined : SERVER_TYPES.get(url.protocol);
  if (url === null || type === undefined || url.hostname === '' || url.pathname.length < 2) throw new Error(ALLOWED);
  return { kind: 'server', type, url: value };
}

/** The URL with its password masked, for messages. */
export function redactDatabaseUrl(value: string): string {
  // Greedy up to the last "@", because a password may contain an unescaped "@" or "/".
  return value.replace(/(:\/\/[^:@/]*):.*@/, '$1:***@').replace(/(password=)[^&]*/gi, '$1***');
}
