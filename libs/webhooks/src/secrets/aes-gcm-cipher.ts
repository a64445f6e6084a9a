import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ParsedEncryptionKey } from './encryption-keys.js';
import { WebhookCipher } from './webhook-cipher.js';

const ALGORITHM = 'aes-256-gcm';
/** What NIST SP 800-38D recommends: 12 bytes at random for each text, and the whole tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with keys that the host gives: the first one encrypts, all of them decrypt. Bytes: IV, tag, ciphertext. */
export class AesGcmCipher extends WebhookCipher {
  readonly keyId: string;
  private readonly keys: ReadonlyMap<string, Buffer>;

  constructor(
    private readonly first: ParsedEncryptionKey,
    ...others: readonly ParsedEncryptionKey[]
  ) {
    super();
    this.keyId = first.id;
    this.keys = new Map([first, ...others].map(({ id, key }) => [id, key]));
  }

  encrypt(text: string, context: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.first.key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context));
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), encrypted]);
  }

  decrypt(keyId: string, encrypted: Buffer, context: string): string {
    const key = this.keys.get(keyId);
    if (key === undefined) throw new Error('the option encryption.keys has no key with this id');
    if (encrypted.length < IV_BYTES + TAG_BYTES) throw new Error('the stored text was cut off');
    const decipher = createDecipheriv(ALGORITHM, key, encrypted.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(encrypted.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const text = decipher.update(encrypted.subarray(IV_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch (error) {
      throw new Error('the stored text was changed, is of another webhook or field, or the key is another one', {
        cause: error,
      });
    }
  }
}
