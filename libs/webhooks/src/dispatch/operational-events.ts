import { Injectable, Logger, Optional } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { about, tellListeners, type WebhookOperationalEvent } from '../subscriptions/operational-event.js';
import type { WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** Emitted when a webhook was deactivated automatically; the listener gets a `WebhookDeactivatedEvent`. */
export const WEBHOOK_DEACTIVATED = 'octo-webhooks.webhook.deactivated';
/** Emitted when a receiver's circuit opens, or opens again after a probe; the listener gets a `WebhookCircuitOpenedEvent`. */
export const WEBHOOK_CIRCUIT_OPENED = 'octo-webhooks.circuit.opened';
/** Emitted when a receiver's circuit closes; the listener gets a `WebhookCircuitClosedEvent`. */
export const WEBHOOK_CIRCUIT_CLOSED = 'octo-webhooks.circuit.closed';

/** Nothing more is sent to the webhook, and its pending deliveries are cancelled. */
export interface WebhookDeactivatedEvent extends WebhookOperationalEvent {
  /** `gone`: the receiver has answered with 410. `failing`: nothing but failures for `deactivation.failingForMs`. */
  readonly reason: WebhookDeactivationReason;
  /** The time since which every attempt has failed. */
  readonly failingSince: Date;
}

/** Too many attempts have failed, or a probe has. */
export interface WebhookCircuitOpenedEvent extends WebhookOperationalEvent {
  /** When a single delivery is sent to find out whether the receiver works again. */
  readonly openUntil: Date;
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

  private emit(name: string, event: WebhookOperationalEvent): void {
    tellListeners(this.events, this.logger, name, event);
  }
}
