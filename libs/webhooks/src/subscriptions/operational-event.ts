import type { Logger } from '@nestjs/common';
import type { EventEmitter2 } from '@nestjs/event-emitter';
import { stackOf } from '../database/error-text.js';
import type { WebhookEventType } from '../octo/event-type.js';
import type { Webhook } from './webhook.js';

/** Which webhook an operational event is about. */
export interface WebhookOperationalEvent {
  readonly webhookId: string;
  /** The connection that owns the webhook. Nobody else can create, edit or delete it. */
  readonly connectionId: string;
  readonly supplierId: string;
  /** The event that the webhook subscribes to. */
  readonly event: WebhookEventType;
}

/** The fields of a webhook that every operational event names. */
export type ReportedWebhook = Pick<Webhook, 'id' | 'connectionId' | 'supplierId' | 'event'>;

export function about({ id, connectionId, supplierId, event }: ReportedWebhook): WebhookOperationalEvent {
  return { webhookId: id, connectionId, supplierId, event };
}

/** Tells the host's listeners, if there are any. One that throws must not undo what has happened, so its error is only logged. */
export function tellListeners(
  events: EventEmitter2 | undefined,
  logger: Logger,
  name: string,
  event: WebhookOperationalEvent,
): void {
  try {
    events?.emit(name, event);
  } catch (error) {
    logger.error(`A listener of ${name} failed: ${stackOf(error)}`);
  }
}
