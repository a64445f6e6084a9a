import type { EncryptionKey } from 'nestjs-octo-webhooks';

const KEY_BYTES = 32;
const ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** How keys are written, for error messages. */
export const SECRET_KEYS_FORMAT =
  'a comma-separated list of id:key, with an id of its own of 1 to 64 letters, digits or any of ._- for each, ' +
  `and a key of ${KEY_BYTES} bytes in base64, as "openssl rand -base64 ${KEY_BYTES}" makes it`;

/**
 * Reads keys such as `k2:<base64>,k1:<base64>`; the first encrypts.
 *
 * @throws Error which says what is wrong with which of them, and shows nothing of any key
 */
export function parseEncryptionKeys(text: string): EncryptionKey[] {
  const keys = text.split(',').map((entry, index) => parseSecretKey(entry.trim(), index + 1));
  keys.forEach(({ id }, index) => {
    if (keys.findIndex((other) => other.id === id) < index) throw new Error(`entry ${index + 1} has the id of another`);
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
