import { describe, expect, it } from '@jest/globals';
import { Webhook } from '../../subscriptions/webhook.js';
import { resolveWebhooksOptions } from '../../webhooks.options.js';
import { Endpoint } from './endpoint.js';
import type { EndpointHealth } from './endpoint-health.js';
import { HealthChanges } from './health-changes.js';
import type { HealthChange } from './health-record.js';
import { OperationalEvents } from './operational-events.js';

const NOW = 1_000_000;

describe('A change of health that is given up', () => {
  const changes = new HealthChanges({} as EndpointHealth, new OperationalEvents());
  const drop = (endpoint: Endpoint, change: HealthChange): void =>
    changes.drop({ endpoint, webhook: new Webhook(), change });
  const newEndpoint = (): Endpoint => new Endpoint('w', resolveWebhooksOptions({}));

  it('lets what is stored of the circuit count again', () => {
    const endpoint = newEndpoint();
    endpoint.circuit.open(NOW);
    drop(endpoint, { kind: 'opened', until: NOW, probeUntil: null });
    endpoint.circuit.seen(null);
    expect(endpoint.isHeld(NOW)).toBe(false);
    endpoint.circuit.close();
    drop(endpoint, { kind: 'closed', probeUntil: NOW });
    endpoint.circuit.seen(NOW);
    expect(endpoint.isHeld(NOW)).toBe(true);
  });

  it('lets a webhook go on that is still active', () => {
    const endpoint = newEndpoint();
    endpoint.deactivation = 'to be stored';
    drop(endpoint, { kind: 'deactivated', reason: 'gone', failingSince: NOW });
    endpoint.found(null);
    expect(endpoint.isHeld(NOW)).toBe(false);
  });
});
