import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../database/error-text.js';
import { InvalidWebhooksOptionError, UnreadableWebhookError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { WebhookCipher } from './webhook-cipher.js';

/** Where a text is stored, and to whom it belongs. */
export interface SealedPlace {
  readonly webhookId: string;
  readonly connectionId: string;
  readonly supplierId: string;
  /** The field of the webhook. */
  readonly field: string;
}

/** No readable text begins with this mark. A URL begins with `http`, and JSON with `{` or `[`. */
const MARK = 'enc:';
const SEALED = /^enc:v1:(?<keyId>.+):(?<encrypted>[A-Za-z0-9+/]+={0,2})$/s;

/**
 * Seals texts for the database as `enc:v1:<id of the key>:<base64>`, and unseals them. A stored text without the mark
 * is readable, because it was written while there was no cipher.
 */
@Injectable()
export class TextSealer implements OnModuleInit {
  private readonly logger = new Logger(LOG_CONTEXT);

  /**
   * @param cipher null stores everything readable
   * @throws InvalidWebhooksOptionError when everything must be encrypted, and nothing can be
   */
  constructor(
    @Inject(WebhookCipher) private readonly cipher: WebhookCipher | null,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: Pick<ResolvedWebhooksOptions, 'encryption'>,
  ) {
    if (cipher !== null || !options.encryption.requireEncrypted) return;
    throw new InvalidWebhooksOptionError('encryption.requireEncrypted', true, 'false without a key');
  }

  onModuleInit(): void {
    if (this.cipher !== null) return;
    this.logger.warn(
      'The URLs, headers and signing secrets of webhooks are stored readable. ' +
        'Set the option encryption.keys to a key of 32 bytes (openssl rand -base64 32) to have them encrypted.',
    );
  }

  /** The text in its stored form. */
  seal(text: string, place: SealedPlace): string {
    if (this.cipher === null) return text;
    const encrypted = this.cipher.encrypt(text, contextOf(place));
    return `${MARK}v1:${this.cipher.keyId}:${encrypted.toString('base64')}`;
  }

  /**
   * The text of a stored form, whether sealed or readable.
   *
   * @throws UnreadableWebhookError when it cannot be decrypted, and when it is readable where it must be encrypted
   */
  unseal(stored: string, place: SealedPlace): string {
    if (!stored.startsWith(MARK)) return this.readable(stored, place);
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
      throw new UnreadableWebhookError(place.webhookId, place.field, keyId, messageOf(error));
    }
  }

  /** Whether `seal` would write a stored text in this form now: under the key that encrypts now, or readable without one. */
  isCurrent(stored: string): boolean {
    if (this.cipher === null) return !stored.startsWith(MARK);
    return SEALED.exec(stored)?.groups?.['keyId'] === this.cipher.keyId;
  }

  /** Whoever can write to the database could otherwise put a text of his own in place of an encrypted one. */
  private readable(stored: string, { webhookId, field }: SealedPlace): string {
    if (!this.options.encryption.requireEncrypted) return stored;
    const reason = 'it is not encrypted, and the option encryption.requireEncrypted is set';
    throw new UnreadableWebhookError(webhookId, field, null, reason);
  }
}

/** Ties a text to its place. Only the ids of the host may contain any character. */
function contextOf({ webhookId, connectionId, supplierId, field }: SealedPlace): string {
  return `webhook ${webhookId} ${field} ${JSON.stringify([connectionId, supplierId])}`;
}
