import { Inject, Injectable } from '@nestjs/common';
import { messageOf } from '../database/error-text.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { WebhookCipher } from './webhook-cipher.js';

/** Where a text is stored. */
export interface SealedPlace {
  readonly webhookId: string;
  /** The column. */
  readonly field: string;
}

/** What no readable text begins with: a URL begins with `http`, JSON with `{` or `[`. */
const MARK = 'enc:';
const SEALED = /^enc:v1:(?<keyId>.+):(?<encrypted>[A-Za-z0-9+/]+={0,2})$/s;

/**
 * Secrets as they are stored: `enc:v1:<id of the key>:<base64>`. Text without that mark is readable: it was written while
 * there was no cipher.
 */
@Injectable()
export class TextSealer {
  /** @param cipher null leaves everything readable */
  constructor(@Inject(WebhookCipher) private readonly cipher: WebhookCipher | null) {}

  /** The text as it is to be stored. */
  seal(text: string, place: SealedPlace): string {
    if (this.cipher === null) return text;
    const encrypted = this.cipher.encrypt(text, contextOf(place));
    return `${MARK}v1:${this.cipher.keyId}:${encrypted.toString('base64')}`;
  }

  /**
   * The text that was stored, whether sealed or readable.
   *
   * @throws UnreadableWebhookError when it cannot be decrypted
   */
  open(stored: string, place: SealedPlace): string {
    if (!stored.startsWith(MARK)) return stored;
    const { keyId, encrypted } = SEALED.exec(stored)?.groups ?? {};
    if (keyId === undefined || encrypted === undefined) {
      throw new UnreadableWebhookError(place.webhookId, place.field, null, 'the stored text is malformed');
    }
    if (this.cipher === null) {
      throw new UnreadableWebhookError(place.webhookId, place.field, keyId, 'the option encryption.keys is not set');
    }
    try {
      return this.cipher.decrypt(keyId, Buffer.from(encrypted, 'base64'), contextOf(place));
    } catch (error) {
      const reason = messageOf(error);
      throw new UnreadableWebhookError(place.webhookId, place.field, keyId, reason);
    }
  }

  /** Whether a stored text is as `seal` would write it now: under the key that encrypts now, or readable without one. */
  isCurrent(stored: string): boolean {
    if (this.cipher === null) return !stored.startsWith(MARK);
    return SEALED.exec(stored)?.groups?.['keyId'] === this.cipher.keyId;
  }
}

/** Ties a text to its place: neither an id nor a column's name holds a space. */
function contextOf({ webhookId, field }: SealedPlace): string {
  return `webhook ${webhookId} ${field}`;
}
