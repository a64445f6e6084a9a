import { describe, expect, it } from '@jest/globals';
import { Webhook } from '../subscriptions/webhook.js';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { Receiver } from './receiver.js';
import type { ReceiverHealthRepository } from './receiver-health.repository.js';
import { HealthChanges } from './health-changes.js';
import type { HealthChange } from './receiver-health.js';
import { OperationalEvents } from './operational-events.js';

const NOW = 1_000_000;

describe('A change of health that is given up', () => {
  const changes = new HealthChanges({} as ReceiverHealthRepository, new OperationalEvents());
  const drop = (receiver: Receiver, change: HealthChange): void =>
    changes.drop({ receiver, webhook: new Webhook(), change });
  const newEndpoint = (): Receiver => new Receiver('w', resolveWebhooksOptions({}));

  it('lets what is stored of the circuit count again', () => {
    const receiver = newEndpoint();
    receiver.circuit.openFailing(NOW, 0, 0);
    drop(receiver, { kind: 'opened', until: NOW, probeUntil: null });
    receiver.circuit.seen(null);
    expect(receiver.isHeld(NOW)).toBe(false);
    receiver.circuit.close();
    drop(receiver, { kind: 'closed', probeUntil: NOW });
    receiver.circuit.seen(NOW);
    expect(receiver.isHeld(NOW)).toBe(true);
  });

  it('lets a webhook go on that is still active', () => {
    const receiver = newEndpoint();
    receiver.deactivation = 'to be stored';
    drop(receiver, { kind: 'deactivated', reason: 'gone', failingSince: NOW });
    receiver.found(null);
    expect(receiver.isHeld(NOW)).toBe(false);
  });
});
