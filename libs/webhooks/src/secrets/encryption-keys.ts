import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import type { EncryptionKey } from '../option-groups.js';

/** A checked encryption key. */
export interface ParsedEncryptionKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Checks the keys of the option `encryption.keys`.
 *
 * @throws InvalidWebhooksOptionError which names the key by its index and never shows it
 */
export function parseEncryptionKeys(keys: readonly EncryptionKey[]): ParsedEncryptionKey[] {
  const option = 'encryption.keys';
  if (!Array.isArray(keys)) throw new InvalidWebhooksOptionError(option, typeof keys, 'a list of keys');
  const seen = new Set<string>();
  return keys.map((entry: Partial<EncryptionKey> | null | undefined, index) => {
    const { id, key } = entry ?? {};
    if (typeof id !== 'string' || !KEY_ID.test(id)) {
      // The id is not shown: a host that swaps id and key would find the key in its log.
      const given = typeof id === 'string' ? `a text of ${id.length} characters` : `of type ${typeof id}`;
      throw new InvalidWebhooksOptionError(
        `${option}[${index}].id`,
        given,
        'a text of 1 to 64 letters, digits or any of ._-',
      );
    }
    if (seen.has(id)) throw new InvalidWebhooksOptionError(`${option}[${index}].id`, id, 'the only key with this id');
    seen.add(id);
    return { id, key: keyBytes(`${option}[${index}].key`, key) };
  });
}

function keyBytes(option: string, key: unknown): Buffer {
  const allowed = `${KEY_BYTES} bytes, as a Buffer or in base64`;
  if (typeof key === 'string' && !BASE64.test(key)) {
    throw new InvalidWebhooksOptionError(option, 'a text that is not base64', allowed);
  }
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) {
    throw new InvalidWebhooksOptionError(option, `of type ${typeof key}`, allowed);
  }
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : Buffer.from(key);
  if (bytes.length !== KEY_BYTES) throw new InvalidWebhooksOptionError(option, `${bytes.length} bytes long`, allowed);
  return bytes;
}
