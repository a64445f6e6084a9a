import { beforeEach, describe, expect, it } from '@jest/globals';
import { webhookWith } from '../../../../test/support/webhook.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { resolveWebhooksOptions, type WebhooksModuleOptions } from '../webhooks.options.js';
import { Receiver } from './receiver.js';
import { OperationalEvents } from './operational-events.js';
import { ReceiverHealth, type HealthChange } from './receiver-health.js';
import type { ReceiverHealthRepository } from './receiver-health.repository.js';
import { NO_VERDICT, type Verdict } from '../sending/outcome.js';

const OPTIONS = {
  circuit: { failuresInRow: 3, minimumAttempts: 3, firstOpenMs: 1000, maxOpenMs: 5000 },
  deactivation: { failingForMs: 10_000, goneAfterMs: 100 },
} satisfies WebhooksModuleOptions;
const START = 1_000_000;
const PROBE_UNTIL = START + 60_000;
const FAILED: Verdict = { kind: 'failed', overloaded: false, retryAfterMs: null, gone: false };
const SUCCEEDED: Verdict = { kind: 'succeeded' };

describe('ReceiverHealth', () => {
  let receiver: Receiver;
  let health: ReceiverHealth;
  let webhook: Webhook;
  let now: number;

  const begin = (options: WebhooksModuleOptions = OPTIONS): void => {
    const resolved = resolveWebhooksOptions(options);
    receiver = new Receiver('w', resolved);
    health = new ReceiverHealth({} as ReceiverHealthRepository, new OperationalEvents(), resolved);
    now = START;
    webhook = loaded({});
  };
  const loaded = (stored: Partial<Webhook>): Webhook => webhookWith(stored);
  beforeEach(() => begin());

  const attempted = (verdict: Verdict): HealthChange['change'][] =>
    health.attempted(receiver, webhook, verdict, now).map(({ change }) => change);
  const fail = (verdict: Partial<Extract<Verdict, { kind: 'failed' }>> = {}) => attempted({ ...FAILED, ...verdict });

  it('stores the first failure and the first success after it, and nothing in between', () => {
    expect(attempted(SUCCEEDED)).toEqual([]);
    expect(fail()).toEqual([{ kind: 'failing', since: START }]);
    now += 1;
    expect(fail()).toEqual([]);
    expect(attempted(SUCCEEDED)).toEqual([{ kind: 'recovered' }]);
    expect(attempted(SUCCEEDED)).toEqual([]);
    expect(fail()).toEqual([{ kind: 'failing', since: START + 1 }]);
  });

  it('takes over the state that other processes have stored', () => {
    health.loaded(receiver, loaded({ failingSince: new Date(START - 5), circuitOpenUntil: new Date(START + 5) }));
    expect(receiver.isHeld(now)).toBe(true);
    expect(fail()).toEqual([]);
    health.loaded(receiver, loaded({}));
    expect(receiver.isHeld(now)).toBe(false);
    expect(fail()).toMatchObject([{ kind: 'failing' }]);
  });

  it('opens the circuit with the last failure that is needed, and not again for requests that were under way', () => {
    fail();
    fail();
    expect(fail()).toEqual([{ kind: 'opened', until: START + 1000, probeUntil: null }]);
    expect(receiver.isHeld(now)).toBe(true);
    expect(fail()).toEqual([]);
    // A late success does not close it either. Only a probe does.
    attempted(SUCCEEDED);
    expect(receiver.isHeld(now)).toBe(true);
  });

  it('keeps a circuit open that it has opened but another process has not seen yet', () => {
    for (let count = 0; count < 3; count += 1) fail();
    health.loaded(receiver, loaded({}));
    expect(receiver.isHeld(now)).toBe(true);
    receiver.circuit.stored();
    health.loaded(receiver, loaded({}));
    expect(receiver.isHeld(now)).toBe(false);
  });

  it.each([
    [1, 2000],
    [2, 4000],
    [3, 5000],
  ])('opens the circuit again when a probe fails: after %i openings, for %i ms', (circuitOpenings, openMs) => {
    webhook = loaded({ circuitOpenings });
    receiver.circuit.beginProbe(PROBE_UNTIL);
    expect(fail()).toContainEqual({ kind: 'opened', until: START + openMs, probeUntil: PROBE_UNTIL });
    expect(receiver.isHeld(now)).toBe(true);
  });

  it('closes the circuit when a probe succeeds, and starts to count anew', () => {
    fail();
    fail();
    receiver.circuit.openFailing(now, 0, 0);
    receiver.circuit.beginProbe(PROBE_UNTIL);
    expect(attempted(SUCCEEDED)).toEqual([{ kind: 'closed', probeUntil: PROBE_UNTIL }]);
    expect(receiver.isHeld(now)).toBe(false);
    expect([fail(), fail()].flat()).toMatchObject([{ kind: 'failing' }]);
  });

  it('leaves the circuit as it is when the probe was not sent, and sends another probe', () => {
    receiver.circuit.beginProbe(PROBE_UNTIL);
    expect(attempted(NO_VERDICT)).toEqual([]);
    expect(receiver.circuit.isProbing).toBe(false);
    expect(receiver.isHeld(now)).toBe(true);
  });

  it.each([
    [3000, 3000],
    [10, 1000],
    [99_000, 5000],
  ])('opens the circuit for as long as a Retry-After of %i ms asks, within bounds: %i ms', (retryAfterMs, openMs) => {
    fail();
    fail();
    expect(fail({ retryAfterMs })).toMatchObject([{ kind: 'opened', until: START + openMs }]);
  });

  it('pauses only a receiver that is overloaded', () => {
    fail({ retryAfterMs: 3000 });
    expect(receiver.isHeld(now)).toBe(false);
    fail({ overloaded: true, retryAfterMs: 3000 });
    expect(receiver.isHeld(now + 2999)).toBe(true);
    expect(receiver.isHeld(now + 3000)).toBe(false);
  });

  it('deactivates a webhook whose receiver has failed for too long, or for a while and is gone', () => {
    const failingSince = START;
    fail();
    now += 9999;
    expect(fail()).toEqual([]);
    now += 1;
    const tooLong = { kind: 'deactivated', reason: 'failing', failingSince };
    expect(fail()).toContainEqual(tooLong);
    expect(receiver.isHeld(now)).toBe(true);
    begin();
    expect(fail({ gone: true })).toEqual([{ kind: 'failing', since: START }]);
    now += 99;
    expect(fail({ gone: true })).toEqual([]);
    now += 1;
    expect(fail({ gone: true })).toContainEqual({ ...tooLong, reason: 'gone' });
    expect(receiver.isHeld(now)).toBe(true);
    begin();
    fail({ gone: true });
    attempted(SUCCEEDED);
    now += 100;
    expect(fail({ gone: true })).toEqual([{ kind: 'failing', since: now }]);
    begin({ ...OPTIONS, deactivation: { failingForMs: null } });
    fail();
    now += 1e12;
    expect(fail()).toEqual([]);
  });

  describe('when a change cannot be stored,', () => {
    const drop = (change: HealthChange['change']): void => health.drop({ receiver, webhook, change });

    it('uses the stored state of the circuit again', () => {
      receiver.circuit.openFailing(now, 0, 0);
      drop({ kind: 'opened', until: now, probeUntil: null });
      receiver.circuit.seen(null);
      expect(receiver.isHeld(now)).toBe(false);
      receiver.circuit.close();
      drop({ kind: 'closed', probeUntil: now });
      receiver.circuit.seen(now);
      expect(receiver.isHeld(now)).toBe(true);
    });

    it('sends to a webhook again that is still active', () => {
      receiver.deactivation = 'to be stored';
      drop({ kind: 'deactivated', reason: 'gone', failingSince: now });
      receiver.found(null);
      expect(receiver.isHeld(now)).toBe(false);
    });
  });
});
