import { Injectable, Logger, Optional } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { about, tellListeners, type ReportedWebhook, type WebhookOperationalEvent } from './operational-event.js';
import type { Webhook } from './webhook.js';

/** Emitted when a connection has created a webhook; the listener gets a `WebhookCreatedEvent`. */
export const WEBHOOK_CREATED = 'octo-webhooks.webhook.created';
/** Emitted when the URL of a webhook has another origin; the listener gets a `WebhookMovedEvent`. */
export const WEBHOOK_MOVED = 'octo-webhooks.webhook.moved';
/** Emitted when a webhook receives the changes of a further connection; the listener gets a `WebhookWidenedEvent`. */
export const WEBHOOK_WIDENED = 'octo-webhooks.webhook.widened';
/** Emitted when a webhook was deleted; the listener gets a `WebhookDeletedEvent`. */
export const WEBHOOK_DELETED = 'octo-webhooks.webhook.deleted';

/** A webhook was created. */
export interface WebhookCreatedEvent extends WebhookOperationalEvent {
  /** Scheme, host and port of its URL, such as `https://partner.example.com`. No other part of a URL is shown: it may be secret. */
  readonly to: string;
}

/** The URL of a webhook leads to another scheme, host or port. */
export interface WebhookMovedEvent extends WebhookOperationalEvent {
  /** Scheme, host and port of the URL before. */
  readonly from: string;
  /** Scheme, host and port of the URL now. */
  readonly to: string;
}

/** A webhook was created or edited with the key of a connection whose changes it did not receive before. */
export interface WebhookWidenedEvent extends WebhookOperationalEvent {
  /** The ids of the connections whose changes it received before; only its own when it is new. */
  readonly from: readonly string[];
  /** The ids of the connections whose changes it receives now. */
  readonly to: readonly string[];
}

/** A webhook was deleted. */
export interface WebhookDeletedEvent extends WebhookOperationalEvent {
  /** Scheme, host and port of its URL; null when it cannot be decrypted. */
  readonly from: string | null;
}

/** The fields of a deleted webhook that are reported. */
export type DeletedWebhook = ReportedWebhook & {
  /** null when it cannot be decrypted. */
  readonly url: string | null;
};

/**
 * Reports to the host what connections do with their webhooks, for its audit log: in the log and, if it has an
 * EventEmitterModule, by events. Each is reported after its commit.
 */
@Injectable()
export class SubscriptionEvents {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(@Optional() private readonly events?: EventEmitter2) {}

  /** @param connectionIds the ids of the connections whose changes it receives */
  created(webhook: Webhook, connectionIds: readonly string[]): void {
    const to = originOf(webhook.url);
    this.log(webhook, `was created for ${to}`);
    this.tell(WEBHOOK_CREATED, { ...about(webhook), to } satisfies WebhookCreatedEvent);
    this.connected(webhook, [webhook.connectionId], connectionIds);
  }

  edited(before: Webhook, webhook: Webhook): void {
    const [from, to] = [originOf(before.url), originOf(webhook.url)];
    if (from === to) return;
    this.log(webhook, `was moved from ${from} to ${to}`);
    this.tell(WEBHOOK_MOVED, { ...about(webhook), from, to } satisfies WebhookMovedEvent);
  }

  /** Reports those of the connections that are new. */
  connected(webhook: Webhook, from: readonly string[], to: readonly string[]): void {
    const added = to.filter((id) => !from.includes(id));
    if (added.length === 0) return;
    this.log(webhook, `receives the changes of ${added.join(', ')} too`);
    this.tell(WEBHOOK_WIDENED, { ...about(webhook), from, to } satisfies WebhookWidenedEvent);
  }

  deleted(webhook: DeletedWebhook): void {
    const from = webhook.url === null ? null : originOf(webhook.url);
    this.log(webhook, `was deleted; it went to ${from ?? 'a URL that cannot be read'}`);
    this.tell(WEBHOOK_DELETED, { ...about(webhook), from } satisfies WebhookDeletedEvent);
  }

  private log({ id, connectionId }: Pick<Webhook, 'id' | 'connectionId'>, what: string): void {
    this.logger.log(`Webhook ${id} of connection ${connectionId} ${what}.`);
  }

  private tell<Event extends WebhookOperationalEvent>(name: string, event: Event): void {
    tellListeners(this.events, this.logger, name, event);
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}
