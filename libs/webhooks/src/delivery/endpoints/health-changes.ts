import { Injectable } from '@nestjs/common';
import type { Webhook } from '../../subscriptions/webhook.js';
import { EndpointHealth } from './endpoint-health.js';
import type { Endpoint } from './endpoint.js';
import type { HealthChange } from './health-record.js';
import { OperationalEvents } from './operational-events.js';

/** A change of an endpoint's health, and whose it is. */
export interface EndpointChange {
  readonly endpoint: Endpoint;
  /** As the attempt has found it. */
  readonly webhook: Webhook;
  readonly change: HealthChange;
}

/** Stores changes of health and tells the host of those that it has made. */
@Injectable()
export class HealthChanges {
  constructor(
    private readonly health: EndpointHealth,
    private readonly events: OperationalEvents,
  ) {}

  /** May be called again for the same change: what has been stored already is not told again. */
  async apply({ endpoint, webhook, change }: EndpointChange): Promise<void> {
    switch (change.kind) {
      case 'failing':
        return this.health.startedFailing(webhook.id, change.since);
      case 'recovered':
        return this.health.stoppedFailing(webhook.id);
      case 'opened': {
        const opened = await this.health.open(webhook.id, change.until, change.probeUntil);
        endpoint.circuit.stored();
        if (opened) this.events.circuitOpened(webhook, change.until);
        return;
      }
      case 'closed': {
        const closed = await this.health.close(webhook.id, change.probeUntil);
        endpoint.circuit.stored();
        if (closed) this.events.circuitClosed(webhook);
        return;
      }
      case 'deactivated': {
        const { reason, failingSince } = change;
        const isWrong = reason === 'failing' && (await this.health.correctFailing(webhook.id));
        const deactivated = !isWrong && (await this.health.deactivate(webhook.id, reason, webhook.updatedAt.getTime()));
        endpoint.deactivating = false;
        if (deactivated) this.events.deactivated(webhook, reason, failingSince);
      }
    }
  }
}
