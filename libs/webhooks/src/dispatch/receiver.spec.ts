import { beforeEach, describe, expect, it } from '@jest/globals';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import type { SendableDelivery } from '../deliveries/claim.js';
import { Receiver } from './receiver.js';

describe('A receiver', () => {
  let receiver: Receiver;
  let now: number;

  const begin = (maxOpenMs: number): void => {
    receiver = new Receiver('w', resolveWebhooksOptions({ circuit: { firstOpenMs: 1000, maxOpenMs } }));
    now = 1_000_000;
  };
  beforeEach(() => begin(60_000));

  /** For how long a receiver is sent nothing, to half a second. */
  const heldMs = (): number => {
    let held = 0;
    while (receiver.isHeld(now + held)) held += 500;
    return held;
  };

  it('pauses when it is overloaded: for a second, then twice as long each time, up to a limit, until it succeeds', () => {
    begin(5000);
    const pauses = [0, 0, 0, 0].map((asked) => {
      receiver.circuit.openOverloaded(now, asked);
      const held = heldMs();
      now += held;
      return held;
    });
    expect(pauses).toEqual([1000, 2000, 4000, 5000]);
    receiver.succeeded(now);
    receiver.circuit.openOverloaded(now, 3000);
    expect(heldMs()).toBe(3000);
  });

  it('counts overload answers that come together as one, and pauses for the longest time that they ask for', () => {
    for (let count = 0; count < 8; count += 1) receiver.circuit.openOverloaded(now, 0);
    expect(heldMs()).toBe(1000);
    receiver.circuit.openOverloaded(now, 3000);
    receiver.circuit.openOverloaded(now, 0);
    expect(heldMs()).toBe(3000);
  });

  it('is sent a probe even if it has asked for a longer pause', () => {
    receiver.circuit.openOverloaded(now, 5000);
    receiver.circuit.beginProbe(now + 60_000);
    expect(receiver.isHeld(now)).toBe(false);
  });

  it('ends a probe only when nothing is waiting or under way, even if as much is waiting as is under way', () => {
    receiver.circuit.beginProbe(now + 60_000);
    const delivery = {} as SendableDelivery;
    receiver.waiting.push(delivery);
    receiver.running.add({ receiver, delivery, startedAt: now, origin: '' });
    receiver.giveUpIdleProbe();
    expect(receiver.circuit.isProbing).toBe(true);
  });

  it('is sent nothing once its webhook will be deactivated, even while the webhook is still stored as active', () => {
    receiver.deactivation = 'to be stored';
    receiver.found(null);
    expect(receiver.isHeld(now)).toBe(true);
    receiver.deactivation = 'stored';
    receiver.found(null);
    expect(receiver.isHeld(now)).toBe(false);
  });
});
