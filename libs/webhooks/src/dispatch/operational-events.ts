import { Injectable, Logger, Optional } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { DropReason } from '../deliveries/drop.js';
import {
  about,
  tellListeners,
  type ReportedWebhook,
  type WebhookOperationalEvent,
} from '../subscriptions/operational-event.js';
import type { WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** Emitted when a webhook was deactivated automatically; the listener gets a `WebhookDeactivatedEvent`. */
export const WEBHOOK_DEACTIVATED = 'octo-webhooks.webhook.deactivated';
/** Emitted when a receiver's circuit opens, or opens again after a probe; the listener gets a `WebhookCircuitOpenedEvent`. */
export const WEBHOOK_CIRCUIT_OPENED = 'octo-webhooks.circuit.opened';
/** Emitted when pending deliveries were dropped, at most 500 at once; the listener gets a `WebhookDeliveriesDroppedEvent`. */
export const WEBHOOK_DELIVERIES_DROPPED = 'octo-webhooks.deliveries.dropped';
/** Emitted when a receiver's circuit closes; the listener gets a `WebhookCircuitClosedEvent`. */
export const WEBHOOK_CIRCUIT_CLOSED = 'octo-webhooks.circuit.closed';

/** Nothing more is sent to the webhook, and its pending deliveries are cancelled. */
export interface WebhookDeactivatedEvent extends WebhookOperationalEvent {
  /** `gone`: the receiver has answered with 410, and nothing but failures for `deactivation.goneAfterMs`. `failing`: nothing but failures for `deactivation.failingForMs`. */
  readonly reason: WebhookDeactivationReason;
  /** The time since which every attempt has failed. */
  readonly failingSince: Date;
}

/** Too many attempts have failed, or a probe has. */
export interface WebhookCircuitOpenedEvent extends WebhookOperationalEvent {
  /** When a single delivery is sent to find out whether the receiver works again. */
  readonly openUntil: Date;
}

/** Deliveries of the webhook were pending for too long, or too many were. They are dead. */
export interface WebhookDeliveriesDroppedEvent extends WebhookOperationalEvent {
  /** `expired`: they were older than `limits.pendingForMs`. `overflow`: there were more than `limits.pendingDeliveriesPerWebhook`. */
  readonly reason: DropReason;
  readonly deliveries: number;
}

/** The receiver works again. */
export type WebhookCircuitClosedEvent = WebhookOperationalEvent;

/**
 * Reports changes in the health of receivers to the host, in the log and, if it has an EventEmitterModule, by events.
 */
@Injectable()
export class OperationalEvents {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(@Optional() private readonly events?: EventEmitter2) {}

  deactivated(webhook: Webhook, reason: WebhookDeactivationReason, failingSince: number): void {
    const since = new Date(failingSince);
    const why = reason === 'gone' ? 'its receiver is gone (410)' : `nothing but failures since ${since.toISOString()}`;
    this.logger.warn(`Webhook ${webhook.id} was deactivated: ${why}.`);
    const event: WebhookDeactivatedEvent = { ...about(webhook), reason, failingSince: since };
    this.emit(WEBHOOK_DEACTIVATED, event);
  }

  circuitOpened(webhook: Webhook, until: number): void {
    const openUntil = new Date(until);
    this.logger.warn(`Webhook ${webhook.id} fails too often; its deliveries wait until ${openUntil.toISOString()}.`);
    const event: WebhookCircuitOpenedEvent = { ...about(webhook), openUntil };
    this.emit(WEBHOOK_CIRCUIT_OPENED, event);
  }

  circuitClosed(webhook: Webhook): void {
    this.logger.log(`Webhook ${webhook.id} works again.`);
    const event: WebhookCircuitClosedEvent = about(webhook);
    this.emit(WEBHOOK_CIRCUIT_CLOSED, event);
  }

  dropped(webhook: ReportedWebhook, reason: DropReason, deliveries: number): void {
    const why = reason === 'expired' ? 'they waited for too long' : 'too many waited';
    this.logger.warn(`Webhook ${webhook.id}: ${deliveries} deliveries were dropped, because ${why}.`);
    const event: WebhookDeliveriesDroppedEvent = { ...about(webhook), reason, deliveries };
    this.emit(WEBHOOK_DELIVERIES_DROPPED, event);
  }

  private emit(name: string, event: WebhookOperationalEvent): void {
    tellListeners(this.events, this.logger, name, event);
  }
}
