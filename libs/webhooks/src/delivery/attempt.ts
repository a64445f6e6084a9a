import { Injectable } from '@nestjs/common';
import { storableText, type SqlValue } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import { redactSecrets } from '../secrets/redaction.js';
import { secretValuesOf } from '../subscriptions/webhook-secret-values.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { TransportError } from './transport/transport-error.js';
import { deliveryRequest } from './delivery-request.js';
import type { ClaimedDelivery, Settlement } from './delivery-queue.js';
import { outcomeOfError, outcomeOfResponse, type Outcome } from './outcome.js';
import { WebhookRetryPolicy } from './retry-schedule.js';
import { WebhookTransport, type WebhookRequest } from './transport/webhook-transport.js';

/** Makes one attempt at a claimed delivery and decides what becomes of it. */
@Injectable()
export class Attempt {
  constructor(
    private readonly transport: WebhookTransport,
    private readonly retry: WebhookRetryPolicy,
    private readonly clock: WebhooksClock,
  ) {}

  async make(delivery: ClaimedDelivery): Promise<Settlement> {
    const { webhook } = delivery;
    if (webhook === null) return { delivery, next: { status: 'cancelled' }, attempt: null };
    if (webhook instanceof UnreadableWebhookError) return this.unreadable(delivery, webhook);
    const startedAt = this.clock.now();
    const request = deliveryRequest(delivery, webhook, startedAt);
    const outcome = await this.send(request);
    const endedAt = this.clock.now();
    return {
      delivery,
      next: this.next(outcome, webhook.retryOnError, delivery.attempts + 1, endedAt),
      attempt: logEntry(delivery.attempts + 1, startedAt, endedAt, withoutSecrets(outcome, webhook)),
    };
  }

  /** The host's keys are at fault and not the receiver: tried again even where `retryOnError` is off. */
  private unreadable(delivery: ClaimedDelivery, { message }: UnreadableWebhookError): Settlement {
    const now = this.clock.now();
    const number = delivery.attempts + 1;
    const outcome: Outcome = { delivered: false, response: null, error: 'unreadable', message };
    return { delivery, next: this.next(outcome, true, number, now), attempt: logEntry(number, now, now, outcome) };
  }

  private async send(request: WebhookRequest): Promise<Outcome> {
    try {
      return outcomeOfResponse(await this.transport.post(request));
    } catch (error) {
      // A transport of the host's may throw anything; it is a failed attempt all the same, and must come to an end.
      const message = error instanceof Error ? error.message : String(error);
      return outcomeOfError(error instanceof TransportError ? error : new TransportError('protocol', message));
    }
  }

  private next(outcome: Outcome, retryOnError: boolean, attempts: number, now: number): Settlement['next'] {
    if (outcome.delivered) return { status: 'delivered' };
    const delay = retryOnError ? this.retry.delayAfter(attempts) : null;
    return delay === null ? { status: 'dead' } : { status: 'pending', dueAt: now + Math.max(0, Math.round(delay)) };
  }
}

/** The outcome as it may be stored: a receiver may answer with what it was sent, and an error may name its URL. */
function withoutSecrets(outcome: Outcome, webhook: Webhook): Outcome {
  const secrets = secretValuesOf(webhook);
  const { response } = outcome;
  const redacted = response === null ? null : { ...response, body: redactSecrets(response.body, secrets) };
  if (outcome.delivered) return { ...outcome, response: redacted ?? outcome.response };
  return { ...outcome, response: redacted, message: redactSecrets(outcome.message, secrets) };
}

function logEntry(number: number, startedAt: number, endedAt: number, outcome: Outcome): Record<string, SqlValue> {
  return {
    number,
    started_at: startedAt,
    // The clock may have been set back in between.
    duration_ms: Math.max(0, endedAt - startedAt),
    response_status: outcome.response?.status ?? null,
    response_body: outcome.response === null ? null : storableText(outcome.response.body),
    error: outcome.delivered ? null : outcome.error,
    error_message: outcome.delivered ? null : storableText(outcome.message),
  };
}
