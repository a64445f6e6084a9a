import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { WebhooksDatabase } from '../database/webhooks-database.js';
import type { DeliverySettlements, Settlement } from '../deliveries/settle.js';
import type { HealthChange, ReceiverHealth } from './receiver-health.js';
import type { Receivers } from './receivers.js';
import { Settler } from './settler.js';

describe('Settler', () => {
  /** The deliveries of each try, and whether they may have been stored before. */
  let tries: [string, boolean][];
  let failsWith: (ids: readonly string[]) => Error | null;
  let reachable: boolean;
  let stored: string[];
  let ready: string[];
  let dropped: string[];
  let errors: string[];
  let settler: Settler;

  const settlements: Pick<DeliverySettlements, 'settle'> = {
    settle: async (batch, again = false) => {
      const ids = batch.map(({ delivery }) => delivery.id);
      tries.push([ids.join(' '), again]);
      const error = failsWith(ids);
      if (error !== null) throw error;
      stored.push(...ids);
      return new Set(ids.map((id) => `webhook of ${id}`));
    },
  };
  const receivers: Pick<Receivers, 'markReady'> = { markReady: (webhookIds) => void ready.push(...webhookIds) };
  const health: Pick<ReceiverHealth, 'apply' | 'drop'> = {
    apply: async ({ webhook }) => void stored.push(`health of ${webhook.id}`),
    drop: ({ webhook }) => void dropped.push(`health of ${webhook.id}`),
  };
  const database: Pick<WebhooksDatabase, 'isReachable'> = { isReachable: async () => reachable };

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    [tries, stored, ready, dropped, errors, reachable] = [[], [], [], [], [], true];
    failsWith = () => null;
    settler = new Settler(
      settlements as DeliverySettlements,
      receivers as Receivers,
      health as ReceiverHealth,
      database as WebhooksDatabase,
    );
    jest.spyOn(Logger.prototype, 'error').mockImplementation((text) => void errors.push(String(text)));
    jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const settled: string[] = [];
  const settle = (...ids: string[]): void => {
    settled.length = 0;
    for (const id of ids) {
      const settlement = { delivery: { id }, next: { status: 'delivered' }, attempt: null } as unknown as Settlement;
      const change = { webhook: { id } } as HealthChange;
      settler.settle(settlement, [change]).then(
        () => settled.push(id),
        () => undefined,
      );
    }
  };
  const turns = async (): Promise<void> => {
    for (let count = 0; count < 20; count += 1) await turn();
  };
  const away = new Error('The database is away.');

  it('stores results that come together in one batch, then the health of receivers, and reports which webhooks have more to claim', async () => {
    settle('a', 'b');
    expect(settled).toEqual([]);
    await turns();
    expect(tries).toEqual([['a b', false]]);
    expect(stored).toEqual(['a', 'b', 'health of a', 'health of b']);
    expect(ready).toEqual(['webhook of a', 'webhook of b']);
    expect(settled).toEqual(['a', 'b']);
  });

  it('stores results that come during a batch in the next one', async () => {
    let late = false;
    failsWith = () => {
      if (!late) settle('b', 'c');
      late = true;
      return null;
    };
    settle('a');
    await turns();
    expect(tries.map(([ids]) => ids)).toEqual(['a', 'b c']);
    expect(settled).toEqual(['a', 'b', 'c']);
  });

  it('keeps results for as long as the database is away, and reports the outage once', async () => {
    reachable = false;
    failsWith = () => away;
    settle('a', 'b');
    for (const wait of [100, 200, 400]) {
      await turns();
      const before = tries.length;
      jest.advanceTimersByTime(wait - 1);
      await turns();
      expect(tries).toHaveLength(before);
      jest.advanceTimersByTime(1);
    }
    await turns();
    expect(settled).toEqual([]);
    failsWith = () => null;
    jest.advanceTimersByTime(10_000);
    await turns();
    expect(settled).toEqual(['a', 'b']);
    // A COMMIT may have succeeded although its response was lost.
    expect(tries).toEqual([['a b', false], ...Array<unknown>(4).fill(['a b', true])]);
    expect(errors).toHaveLength(1);
  });

  it('stores each result alone when a batch is refused, so that a bad one does not hold up the others', async () => {
    failsWith = (ids) => (ids.includes('bad') ? new Error('Refused.') : null);
    settle('a', 'bad', 'c');
    await turns();
    expect(tries).toEqual([
      ['a bad c', false],
      ['a', true],
      ['bad', true],
      ['c', true],
    ]);
    expect(stored.filter((id) => !id.includes('health'))).toEqual(['a', 'c']);
    // Its receiver must not wait for ever for a change to be stored.
    expect(dropped).toEqual(['health of bad']);
    expect(settled).toEqual(['a', 'bad', 'c']);
    expect(errors).toEqual([expect.stringMatching(/could not be settled.*: bad\. Error: Refused\./)]);
  });

  it('drops results that it cannot store at the shutdown, and leaves their deliveries to their leases', async () => {
    reachable = false;
    failsWith = () => away;
    settle('a');
    await turns();
    settler.abandon();
    await turns();
    expect(settled).toEqual(['a']);
    expect(errors.at(-1)).toMatch(/could not be settled.*: a\. Error: The database is away\./);
    expect(jest.getTimerCount()).toBe(0);
    settle('b');
    await turns();
    expect(settled).toEqual(['b']);
  });
});
