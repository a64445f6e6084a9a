import { Inject, Injectable } from '@nestjs/common';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import type { Receiver } from './receiver.js';
import type { Verdict } from '../sending/outcome.js';

/** What changes for all processes, to be stored. */
export type HealthChange =
  | { readonly kind: 'failing'; readonly since: number }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'opened'; readonly until: number; readonly probeUntil: number | null }
  | { readonly kind: 'closed'; readonly probeUntil: number }
  | { readonly kind: 'deactivated'; readonly reason: WebhookDeactivationReason; readonly failingSince: number };

/** Keeps account of how receivers do: what this process makes of it at once, and what all have to know. */
@Injectable()
export class ReceiverHealth {
  constructor(@Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions) {}

  /** Takes over what other processes have found out. @param webhook as it has just been loaded */
  loaded(receiver: Receiver, webhook: Webhook): void {
    receiver.failingSince = webhook.failingSince?.getTime() ?? null;
    receiver.circuit.seen(webhook.circuitOpenUntil?.getTime() ?? null);
  }

  /** Draws the consequences of an attempt. */
  attempted(receiver: Receiver, webhook: Webhook, verdict: Verdict, now: number): HealthChange[] {
    const probeUntil = receiver.circuit.endProbe();
    if (verdict.kind === 'none') return [];
    if (verdict.kind === 'succeeded') return this.succeeded(receiver, probeUntil, now);
    return this.failed(receiver, webhook, verdict, probeUntil, now);
  }

  private succeeded(receiver: Receiver, probeUntil: number | null, now: number): HealthChange[] {
    receiver.succeeded(now);
    const wasFailing = receiver.failingSince !== null;
    receiver.failingSince = null;
    if (probeUntil !== null) {
      receiver.circuit.close();
      return [{ kind: 'closed', probeUntil }];
    }
    return wasFailing ? [{ kind: 'recovered' }] : [];
  }

  private failed(
    receiver: Receiver,
    webhook: Webhook,
    verdict: Extract<Verdict, { kind: 'failed' }>,
    probeUntil: number | null,
    now: number,
  ): HealthChange[] {
    const changes: HealthChange[] = [];
    const { circuit } = receiver;
    const askedMs = verdict.retryAfterMs ?? 0;
    const tooMany = receiver.failed(now);
    if (verdict.overloaded) circuit.openOverloaded(now, askedMs);
    const since = receiver.failingSince ?? now;
    if (receiver.failingSince === null) changes.push({ kind: 'failing', since });
    receiver.failingSince = since;
    if (probeUntil !== null || (tooMany && !circuit.isFailing)) {
      const until = circuit.openFailing(now, probeUntil === null ? 0 : webhook.circuitOpenings, askedMs);
      changes.push({ kind: 'opened', until, probeUntil });
    }
    const { failingForMs } = this.options.deactivation;
    const tooLong = failingForMs !== null && now - since >= failingForMs;
    if (verdict.gone || tooLong) {
      receiver.deactivation = 'to be stored';
      changes.push({ kind: 'deactivated', reason: verdict.gone ? 'gone' : 'failing', failingSince: since });
    }
    return changes;
  }
}
