import { createHash } from 'node:crypto';

/**
 * The form in which a key is stored and looked up. A plain hash without salt or stretching is enough, because real keys
 * are long random values.
 */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The key in an `Authorization: Bearer <key>` header, or null when there is none. */
export function bearerKey(authorization: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}
