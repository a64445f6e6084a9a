import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { WebhookCipher } from './webhook-cipher.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** Says once, when the module starts, that secrets are stored readable, if they are. */
@Injectable()
export class ReadableSecretsNotice implements OnModuleInit {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(@Inject(WebhookCipher) private readonly cipher: WebhookCipher | null) {}

  onModuleInit(): void {
    if (this.cipher !== null) return;
    this.logger.warn(
      'The URLs, headers and signing secrets of webhooks are stored readable. ' +
        'Set the option encryption.keys to a key of 32 bytes (openssl rand -base64 32) to have them encrypted.',
    );
  }
}
