import { Inject, Injectable } from '@nestjs/common';
import type { Verdict } from '../sending/outcome.js';
import type { WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { OperationalEvents } from './operational-events.js';
import { ReceiverHealthRepository } from './receiver-health.repository.js';
import type { Receiver } from './receiver.js';

/** A change in a receiver's health. */
type Change =
  | { readonly kind: 'failing'; readonly since: number }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'opened'; readonly until: number; readonly probeUntil: number | null }
  | { readonly kind: 'closed'; readonly probeUntil: number }
  | { readonly kind: 'deactivated'; readonly reason: WebhookDeactivationReason; readonly failingSince: number };

/** A change that must be stored, because all processes have to know it. */
export interface HealthChange {
  readonly receiver: Receiver;
  /** The webhook as it was when the attempt was made. */
  readonly webhook: Webhook;
  readonly change: Change;
}

/**
 * Decides what an attempt means for its receiver. This process acts on it at once. Changes that all processes have to
 * know are returned, to be stored after the attempt. The process that stores a change reports it to the host.
 */
@Injectable()
export class ReceiverHealth {
  constructor(
    private readonly repository: ReceiverHealthRepository,
    private readonly events: OperationalEvents,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Takes over the state that other processes have stored. @param webhook as it has just been loaded */
  loaded(receiver: Receiver, webhook: Webhook): void {
    receiver.failingSince = webhook.failingSince?.getTime() ?? null;
    receiver.circuit.seen(webhook.circuitOpenUntil?.getTime() ?? null);
  }

  /** @returns the changes to store; none for most attempts */
  attempted(receiver: Receiver, webhook: Webhook, verdict: Verdict, now: number): HealthChange[] {
    const probeUntil = receiver.circuit.endProbe();
    if (verdict.kind === 'none') return [];
    const changes =
      verdict.kind === 'succeeded'
        ? this.succeeded(receiver, probeUntil, now)
        : this.failed(receiver, webhook, verdict, probeUntil, now);
    return changes.map((change) => ({ receiver, webhook, change }));
  }

  /** Stores a change and reports it. It may be called again for the same change, which is reported only once. */
  async apply({ receiver, webhook, change }: HealthChange): Promise<void> {
    switch (change.kind) {
      case 'failing':
        return this.repository.startedFailing(webhook.id, change.since);
      case 'recovered':
        return this.repository.stoppedFailing(webhook.id);
      case 'opened': {
        const opened = await this.repository.open(webhook.id, change.until, change.probeUntil);
        receiver.circuit.stored();
        if (opened) this.events.circuitOpened(webhook, change.until);
        return;
      }
      case 'closed': {
        const closed = await this.repository.close(webhook.id, change.probeUntil);
        receiver.circuit.stored();
        if (closed) this.events.circuitClosed(webhook);
        return;
      }
      case 'deactivated': {
        const { reason, failingSince } = change;
        const deactivated = await this.repository.deactivate(webhook, reason, failingSince);
        // If not, another process was faster, or the webhook has been edited. The next round finds out whether it is
        // active.
        receiver.deactivation = 'stored';
        if (deactivated) this.events.deactivated(webhook, reason, failingSince);
      }
    }
  }

  /** Gives up a change that could not be stored. The stored state then applies to its receiver again. */
  drop({ receiver, change }: HealthChange): void {
    if (change.kind === 'opened' || change.kind === 'closed') receiver.circuit.stored();
    if (change.kind === 'deactivated') receiver.deactivation = 'stored';
  }

  private succeeded(receiver: Receiver, probeUntil: number | null, now: number): Change[] {
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
  ): Change[] {
    const changes: Change[] = [];
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
    const { goneAfterMs, failingForMs } = this.options.deactivation;
    const failedForMs = now - since;
    const isGone = verdict.gone && failedForMs >= goneAfterMs;
    if (isGone || (failingForMs !== null && failedForMs >= failingForMs)) {
      receiver.deactivation = 'to be stored';
      changes.push({ kind: 'deactivated', reason: isGone ? 'gone' : 'failing', failingSince: since });
    }
    return changes;
  }
}
