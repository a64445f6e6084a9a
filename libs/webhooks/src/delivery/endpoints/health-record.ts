import { Inject, Injectable } from '@nestjs/common';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../../webhooks.options.js';
import type { WebhookDeactivationReason } from '../../subscriptions/webhook.entity.js';
import type { Webhook } from '../../subscriptions/webhook.js';
import { circuitOpenMs } from './circuit-breaker.js';
import type { Endpoint } from './endpoint.js';
import type { Verdict } from './verdict.js';

/** What changes for all processes, to be stored. */
export type HealthChange =
  | { readonly kind: 'failing'; readonly since: number }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'opened'; readonly until: number; readonly probeUntil: number | null }
  | { readonly kind: 'closed'; readonly probeUntil: number }
  | { readonly kind: 'deactivated'; readonly reason: WebhookDeactivationReason; readonly failingSince: number };

/** Keeps account of how endpoints do: what this process makes of it at once, and what all have to know. */
@Injectable()
export class HealthRecord {
  constructor(@Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions) {}

  /** Takes over what other processes have found out. @param webhook as it has just been loaded */
  loaded(endpoint: Endpoint, webhook: Webhook): void {
    endpoint.failingSince = webhook.failingSince?.getTime() ?? null;
    endpoint.circuit.seen(webhook.circuitOpenUntil?.getTime() ?? null);
  }

  /** Draws the consequences of an attempt. */
  attempted(endpoint: Endpoint, webhook: Webhook, verdict: Verdict, now: number): HealthChange[] {
    const probeUntil = endpoint.circuit.endProbe();
    if (verdict.kind === 'none') return [];
    if (verdict.kind === 'succeeded') return this.succeeded(endpoint, probeUntil, now);
    return this.failed(endpoint, webhook, verdict, probeUntil, now);
  }

  private succeeded(endpoint: Endpoint, probeUntil: number | null, now: number): HealthChange[] {
    endpoint.succeeded(now);
    const wasFailing = endpoint.failingSince !== null;
    endpoint.failingSince = null;
    if (probeUntil !== null) {
      endpoint.circuit.close();
      endpoint.breaker.reset();
      return [{ kind: 'closed', probeUntil }];
    }
    return wasFailing ? [{ kind: 'recovered' }] : [];
  }

  private failed(
    endpoint: Endpoint,
    webhook: Webhook,
    verdict: Extract<Verdict, { kind: 'failed' }>,
    probeUntil: number | null,
    now: number,
  ): HealthChange[] {
    const changes: HealthChange[] = [];
    const { circuit, deactivation } = this.options;
    const tooMany = endpoint.failed(now);
    if (verdict.overloaded) endpoint.pause(now, verdict.retryAfterMs ?? 0, circuit.maxOpenMs);
    const since = endpoint.failingSince ?? now;
    if (endpoint.failingSince === null) changes.push({ kind: 'failing', since });
    endpoint.failingSince = since;
    if (probeUntil !== null || (tooMany && endpoint.circuit.isClosed)) {
      const openMs = circuitOpenMs(circuit, probeUntil === null ? 0 : webhook.circuitOpenings);
      const until = now + Math.max(openMs, Math.min(verdict.retryAfterMs ?? 0, circuit.maxOpenMs));
      endpoint.circuit.open(until);
      changes.push({ kind: 'opened', until, probeUntil });
    }
    const { afterMs } = deactivation;
    const tooLong = afterMs !== null && now - since >= afterMs;
    if (verdict.gone || tooLong) {
      endpoint.deactivation = 'to be stored';
      changes.push({ kind: 'deactivated', reason: verdict.gone ? 'gone' : 'failing', failingSince: since });
    }
    return changes;
  }
}
