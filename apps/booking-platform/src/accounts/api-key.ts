import { createHash } from 'node:crypto';

/**
 * How a key is stored and looked up. A plain hash will do, without salt or stretching: real keys are long random values,
 * not words that somebody chose.
 */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** The key in an `Authorization: Bearer <key>` header, or null when there is none. */
export function bearerKey(authorization: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1] ?? null;
}
