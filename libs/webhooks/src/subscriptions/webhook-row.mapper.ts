import { Injectable } from '@nestjs/common';
import { WebhooksClock } from '../host/clock.js';
import { TextSealer } from '../secrets/text-sealer.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { signingSecretsFromJson, signingSecretsToJson } from './signing-secret-rotation.js';
import { Webhook } from './webhook.js';
import { WebhookRow } from './webhook.entity.js';

const SEALED_FIELDS = ['url', 'headers', 'secrets'] as const;
type SealedField = (typeof SEALED_FIELDS)[number];

/** Turns webhooks into rows and back: the only place that seals and opens what they keep secret. */
@Injectable()
export class WebhookRowMapper {
  constructor(
    private readonly box: TextSealer,
    private readonly clock: WebhooksClock,
  ) {}

  /** The row of a webhook. */
  seal(webhook: Webhook): WebhookRow {
    const { secret: _, ...fields } = webhook;
    return Object.assign(new WebhookRow(), { ...fields, ...this.sealed(webhook) });
  }

  /** What is sealed in the row of a webhook. */
  sealed(webhook: Webhook): Pick<WebhookRow, SealedField> {
    const seal = (field: SealedField, text: string): string => this.box.seal(text, { webhookId: webhook.id, field });
    return {
      url: seal('url', webhook.url),
      headers: seal('headers', JSON.stringify(webhook.headers)),
      secrets: seal('secrets', signingSecretsToJson(webhook.secrets)),
    };
  }

  /**
   * The webhook of a row, with the secrets that sign now.
   *
   * @throws UnreadableWebhookError when the row cannot be decrypted
   */
  open(stored: WebhookRow): Webhook {
    const url = this.text(stored, 'url');
    const headers = this.parsed(stored, 'headers', (json) => JSON.parse(json) as Record<string, string>);
    const secrets = this.parsed(stored, 'secrets', (json) => signingSecretsFromJson(json, this.clock.now()));
    const [newest] = secrets;
    if (newest === undefined) throw new UnreadableWebhookError(stored.id, 'secrets', null, 'there is none');
    return Object.assign(new Webhook(), { ...stored, url, headers, secrets, secret: newest.secret });
  }

  /** Whether a row is as `seal` would write it now: readable without a key, and with keys under the first of them. */
  isCurrent(stored: WebhookRow): boolean {
    return SEALED_FIELDS.every((field) => this.box.isCurrent(stored[field]));
  }

  private text(stored: WebhookRow, field: SealedField): string {
    return this.box.unseal(stored[field], { webhookId: stored.id, field });
  }

  private parsed<Value>(stored: WebhookRow, field: SealedField, parse: (json: string) => Value): Value {
    const json = this.text(stored, field);
    try {
      return parse(json);
    } catch {
      // What JSON.parse() says of a text may show a part of it.
      throw new UnreadableWebhookError(stored.id, field, null, 'it is not the JSON that was written');
    }
  }
}
