import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { webhookWith } from '../../../../test/support/webhook.js';
import {
  OperationalEvents,
  WEBHOOK_CIRCUIT_CLOSED,
  WEBHOOK_CIRCUIT_OPENED,
  WEBHOOK_DEACTIVATED,
} from './operational-events.js';

describe('OperationalEvents', () => {
  const names = { id: 'w', connectionId: 'c', supplierId: 's', event: 'booking_update' } as const;
  const webhook = webhookWith({ ...names, url: 'https://user:password@example.com/', signingSecret: 'whsec_1' });
  const about = { webhookId: 'w', connectionId: 'c', supplierId: 's', event: 'booking_update' };
  let logged: string[];

  beforeEach(() => {
    logged = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((text) => void logged.push(`${level}: ${String(text)}`));
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const reportAll = (events?: EventEmitter2): void => {
    const operational = new OperationalEvents(events);
    operational.circuitOpened(webhook, 5000);
    operational.circuitClosed(webhook);
    operational.deactivated(webhook, 'failing', 3000);
  };

  it('name the webhook and what happened to it, and none of its secrets', () => {
    const emitter = new EventEmitter2();
    const emitted: unknown[] = [];
    for (const name of [WEBHOOK_CIRCUIT_OPENED, WEBHOOK_CIRCUIT_CLOSED, WEBHOOK_DEACTIVATED]) {
      emitter.on(name, (event) => emitted.push([name, event]));
    }
    reportAll(emitter);
    expect(emitted).toEqual([
      ['octo-webhooks.circuit.opened', { ...about, openUntil: new Date(5000) }],
      ['octo-webhooks.circuit.closed', about],
      ['octo-webhooks.webhook.deactivated', { ...about, reason: 'failing', failingSince: new Date(3000) }],
    ]);
  });

  it('are logged, even when the host has no event emitter', () => {
    reportAll();
    expect(logged).toEqual([
      'warn: Webhook w fails too often; its deliveries wait until 1970-01-01T00:00:05.000Z.',
      'log: Webhook w works again.',
      'warn: Webhook w was deactivated: nothing but failures since 1970-01-01T00:00:03.000Z.',
    ]);
  });

  it('are emitted even when a listener fails, and the failure is logged', () => {
    const emitter = new EventEmitter2();
    emitter.on(WEBHOOK_CIRCUIT_CLOSED, () => {
      throw new Error('Bang.');
    });
    expect(() => reportAll(emitter)).not.toThrow();
    expect(logged).toContainEqual(
      expect.stringMatching(/^error: A listener of octo-webhooks.circuit.closed failed: Error: Bang\./),
    );
  });
});
