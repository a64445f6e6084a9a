import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { ParsedEncryptionKey } from './encryption-keys.js';

/**
 * Encrypts the URL, the headers and the signing secrets of a webhook before they are stored. A host may replace it (the
 * extra `cipher`), for example to take keys from a key management service.
 *
 * Its methods are synchronous, because they run for every webhook that is loaded. A key management service must
 * therefore be asked for its keys once, at start, and not for every text.
 */
export abstract class WebhookCipher {
  /** The id of the key that encrypts now. It is stored beside each text, so that the right key is found again. */
  abstract readonly keyId: string;

  /**
   * Encrypts with the key that `keyId` names now.
   *
   * @param context names the place of the text. It must be authenticated together with the text (GCM: additional data), so
   * that a text that was moved to another webhook, connection, supplier or field is refused
   */
  abstract encrypt(text: string, context: string): Buffer;

  /**
   * @param keyId the key that encrypted the text; it may be an earlier one
   * @param context the same as for `encrypt`
   * @throws Error when the key is unknown, or the bytes were not encrypted with this key for this context. Its message is
   * written to logs and to the record of attempts, so it must contain nothing secret
   */
  abstract decrypt(keyId: string, encrypted: Buffer, context: string): string;
}

const ALGORITHM = 'aes-256-gcm';
/** NIST SP 800-38D recommends 12 random bytes for each text, and the whole tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with keys from the host: the first one encrypts, all of them decrypt. Bytes: IV, tag, ciphertext. */
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
      throw new Error(
        'the stored text was changed, is of another webhook, connection, supplier or field, or the key is another one',
        {
          cause: error,
        },
      );
    }
  }
}
