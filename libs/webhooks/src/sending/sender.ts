import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../database/error-text.js';
import { storableText } from '../database/sql.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { ClaimedDelivery } from '../deliveries/claim.js';
import type { AttemptFailure } from '../deliveries/webhook-attempt.entity.js';
import { LatePayloadError, LatePayloads } from '../fan-out/late-payloads.js';
import { longestBuildMs } from '../host/host-answers.js';
import type { AttemptRecord, Settlement } from '../deliveries/settle.js';
import { deliveryRequest, envelopeOf } from './delivery-request.js';
import { NO_VERDICT, outcomeOfError, outcomeOfResponse, verdictOf, type Outcome, type Verdict } from './outcome.js';
import { WebhookRetryPolicy } from './retry-schedule.js';
import { TransportError, WebhookTransport, type WebhookRequest } from './transport/webhook-transport.js';

/** The delay when a host's retry policy fails. */
const FAULTY_POLICY_DELAY_MS = 60_000;

/** How much of the answer to a delivered attempt is stored, in bytes. Nobody looks for a fault in it, and most attempts are such. */
const DELIVERED_ANSWER_BYTES = 1024;

/** The consequences of an attempt for the delivery and for its receiver. */
export interface SendResult {
  readonly settlement: Settlement;
  readonly verdict: Verdict;
}

/** Sends a claimed delivery once and decides how it is settled. It has no state. */
@Injectable()
export class Sender {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly transport: WebhookTransport,
    @Inject(LatePayloads) private readonly latePayloads: Pick<LatePayloads, 'build'>,
    private readonly retry: WebhookRetryPolicy,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** The longest time that an attempt may take, in ms. */
  longestAttemptMs({ sharedBody }: ClaimedDelivery): number {
    const requestMs = this.options.request.timeoutMs;
    return sharedBody === null ? requestMs + longestBuildMs(this.options) : requestMs;
  }

  /**
   * Makes one attempt, or none if the webhook is deleted or inactive, or the change is not visible to it.
   *
   * @throws when the payload is yet to be built, and the database is away
   */
  async send(delivery: ClaimedDelivery): Promise<SendResult> {
    const { webhook, eventId } = delivery;
    if (webhook === null) return cancelled(delivery);
    if (webhook instanceof UnreadableWebhookError) return this.notSent(delivery, 'unreadable', webhook);
    if (eventId === null) return this.notSent(delivery, 'payload', `The payload ${delivery.payloadId} is missing.`);
    let sharedBody: Buffer | null;
    try {
      sharedBody = delivery.sharedBody ?? (await this.latePayloads.build({ ...delivery, eventId }, webhook));
    } catch (error) {
      if (error instanceof LatePayloadError) return this.notSent(delivery, 'payload', error);
      throw error;
    }
    if (sharedBody === null) return cancelled(delivery);
    const startedAt = this.clock.now();
    let request: WebhookRequest;
    try {
      request = deliveryRequest({ ...delivery, eventId, sharedBody }, webhook, startedAt);
    } catch (error) {
      return this.notSent(delivery, 'unreadable', error);
    }
    const outcome = await this.post(request);
    const endedAt = this.clock.now();
    const number = delivery.attempts + 1;
    const verdict = verdictOf(outcome, webhook.url, endedAt);
    const next = this.next(outcome, verdict, webhook.retryOnError, number, endedAt);
    const attempt = attemptRecord(number, startedAt, endedAt, withoutSecrets(outcome, webhook));
    return { settlement: { delivery, next, attempt }, verdict };
  }

  /**
   * The cause is the stored data, the host's keys or the host's port, not the receiver. Therefore, it is tried again even if
   * `retryOnError` is off.
   */
  private notSent(delivery: ClaimedDelivery, failure: AttemptFailure, error: unknown): SendResult {
    const message = messageOf(error);
    const now = this.clock.now();
    const number = delivery.attempts + 1;
    const outcome: Outcome = { delivered: false, response: null, failure, message };
    const next = this.next(outcome, NO_VERDICT, true, number, now);
    return { settlement: { delivery, next, attempt: attemptRecord(number, now, now, outcome) }, verdict: NO_VERDICT };
  }

  private async post(request: WebhookRequest): Promise<Outcome> {
    try {
      return outcomeOfResponse(await this.transport.post(request));
    } catch (error) {
      // A host's own transport may throw anything. This is a failed attempt, too, and must be settled.
      const message = messageOf(error);
      return outcomeOfError(error instanceof TransportError ? error : new TransportError('protocol', message));
    }
  }

  private next(
    outcome: Outcome,
    verdict: Verdict,
    retryOnError: boolean,
    attempts: number,
    now: number,
  ): Settlement['next'] {
    if (outcome.delivered) return { status: 'delivered' };
    const delay = retryOnError ? this.delayAfter(attempts) : null;
    if (delay === null) return { status: 'dead' };
    const asked = verdict.kind === 'failed' ? (verdict.retryAfterMs ?? 0) : 0;
    return { status: 'pending', dueAt: now + Math.max(delay, Math.min(asked, this.options.retry.maxRetryAfterMs)) };
  }

  /** A host's policy may fail. Even then, the attempt has been made and must be settled. */
  private delayAfter(attempts: number): number | null {
    try {
      const delay = this.retry.delayAfter(attempts);
      if (delay === null) return null;
      if (Number.isFinite(delay)) return Math.max(0, Math.round(delay));
      throw new TypeError(`it returned ${String(delay)} instead of a number of ms or null`);
    } catch (error) {
      const reason = messageOf(error);
      this.logger.error(`The retry policy failed after attempt ${attempts}, so the next is in 60 s: ${reason}`);
      return FAULTY_POLICY_DELAY_MS;
    }
  }
}

function cancelled(delivery: ClaimedDelivery): SendResult {
  return { settlement: { delivery, next: { status: 'cancelled' }, attempt: null }, verdict: NO_VERDICT };
}

/**
 * The outcome without secrets, to be stored. A receiver may return what it was sent, and an error may contain its URL.
 */
function withoutSecrets(outcome: Outcome, webhook: Webhook): Outcome {
  const { redact } = envelopeOf(webhook);
  const { response } = outcome;
  const redacted = response === null ? null : { ...response, body: redact(response.body) };
  if (outcome.delivered) return { ...outcome, response: redacted ?? outcome.response };
  return { ...outcome, response: redacted, message: redact(outcome.message) };
}

function attemptRecord(number: number, startedAt: number, endedAt: number, outcome: Outcome): AttemptRecord {
  return {
    number,
    startedAt,
    // The clock may have been set back in between.
    durationMs: Math.max(0, endedAt - startedAt),
    responseStatus: outcome.response?.status ?? null,
    responseBody: storedAnswer(outcome),
    failure: outcome.delivered ? null : outcome.failure,
    failureMessage: outcome.delivered ? null : storableText(outcome.message),
  };
}

/** It is cut after the secrets are hidden, so that none is cut in two. */
function storedAnswer({ delivered, response }: Outcome): string | null {
  if (response === null) return null;
  const text = storableText(response.body);
  return delivered ? beginningOf(text, DELIVERED_ANSWER_BYTES) : text;
}

/** The characters of which all bytes in UTF-8 are among the first. */
function beginningOf(text: string, bytes: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.from(text).subarray(0, bytes), { stream: true });
}
