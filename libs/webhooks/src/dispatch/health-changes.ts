import { Injectable } from '@nestjs/common';
import type { WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { ReceiverHealthRepository } from './receiver-health.repository.js';
import type { Receiver } from './receiver.js';
import type { HealthChange } from './receiver-health.js';
import { OperationalEvents } from './operational-events.js';

/** A change of an receiver's health, and whose it is. */
export interface ReceiverHealthChange {
  readonly receiver: Receiver;
  /** As the attempt has found it. */
  readonly webhook: Webhook;
  readonly change: HealthChange;
}

/** Stores changes of health and tells the host of those that it has made. */
@Injectable()
export class HealthChanges {
  constructor(
    private readonly health: ReceiverHealthRepository,
    private readonly events: OperationalEvents,
  ) {}

  /** May be called again for the same change: what has been stored already is not told again. */
  async apply({ receiver, webhook, change }: ReceiverHealthChange): Promise<void> {
    switch (change.kind) {
      case 'failing':
        return this.health.startedFailing(webhook.id, change.since);
      case 'recovered':
        return this.health.stoppedFailing(webhook.id);
      case 'opened': {
        const opened = await this.health.open(webhook.id, change.until, change.probeUntil);
        receiver.circuit.stored();
        if (opened) this.events.circuitOpened(webhook, change.until);
        return;
      }
      case 'closed': {
        const closed = await this.health.close(webhook.id, change.probeUntil);
        receiver.circuit.stored();
        if (closed) this.events.circuitClosed(webhook);
        return;
      }
      case 'deactivated': {
        const deactivated = await this.deactivate(webhook, change.reason, change.failingSince);
        // If not, another process was faster, or it has been edited: the next look around tells.
        receiver.deactivation = 'stored';
        if (deactivated) this.events.deactivated(webhook, change.reason, change.failingSince);
      }
    }
  }

  /** Gives up a change that could not be stored: what is stored counts for its receiver again. */
  drop({ receiver, change }: ReceiverHealthChange): void {
    if (change.kind === 'opened' || change.kind === 'closed') receiver.circuit.stored();
    if (change.kind === 'deactivated') receiver.deactivation = 'stored';
  }

  private async deactivate(webhook: Webhook, reason: WebhookDeactivationReason, since: number): Promise<boolean> {
    const version = webhook.updatedAt.getTime();
    if (reason === 'gone') return this.health.deactivateGone(webhook.id, version);
    return !(await this.health.correctFailing(webhook.id)) && this.health.deactivateFailing(webhook.id, version, since);
  }
}
