import { Injectable } from '@nestjs/common';
import { storableText, type SqlValue } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
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
    if (webhook?.active !== true) return { delivery, next: { status: 'cancelled' }, attempt: null };
    const startedAt = this.clock.now();
    const request = deliveryRequest(delivery, webhook, startedAt);
    const outcome = await this.send(request);
    const endedAt = this.clock.now();
    return {
      delivery,
      next: this.next(outcome, webhook.retryOnError, delivery.attempts + 1, endedAt),
      attempt: logEntry(delivery.attempts + 1, startedAt, endedAt, outcome),
    };
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
