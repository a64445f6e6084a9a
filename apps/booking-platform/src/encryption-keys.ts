import type { EncryptionKey } from 'nestjs-octo-webhooks';

const KEY_BYTES = 32;
const ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The notation of keys, for error messages. */
export const SECRET_KEYS_FORMAT =
  'a comma-separated list of id:key, each with a different id of 1 to 64 letters, digits or any of ._- ' +
  `and a key of ${KEY_BYTES} bytes in base64, such as "openssl rand -base64 ${KEY_BYTES}" makes`;

/**
 * Reads keys such as `k2:<base64>,k1:<base64>`. The first one encrypts.
 *
 * @throws Error which says which key is wrong and why, without any part of a key
 */
export function parseEncryptionKeys(text: string): EncryptionKey[] {
  const keys = text.split(',').map((entry, index) => parseSecretKey(entry.trim(), index + 1));
  keys.forEach(({ id }, index) => {
    if (keys.findIndex((other) => other.id === id) < index)
      throw new Error(`entry ${index + 1} has the same id as another`);
  });
  return keys;
}

function parseSecretKey(entry: string, place: number): EncryptionKey {
  const colon = entry.indexOf(':');
  if (colon < 0) throw new Error(`entry ${place} has no colon`);
  const [id, key] = [entry.slice(0, colon), entry.slice(colon + 1)];
  if (!ID.test(id)) throw new Error(`entry ${place} has a malformed id`);
  if (!BASE64.test(key)) throw new Error(`entry ${place} has a key that is not base64`);
  const { length } = Buffer.from(key, 'base64');
  if (length !== KEY_BYTES) throw new Error(`entry ${place} has a key of ${length} bytes`);
  return { id, key };
}
