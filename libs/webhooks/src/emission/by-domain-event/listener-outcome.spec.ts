import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ListenerOutcome } from './listener-outcome.js';

const failing = async (turns: number): Promise<void> => {
  for (let passed = 0; passed < turns; passed += 1) await turn();
  throw new Error('failed');
};

const settled = async (): Promise<void> => {
  for (let passed = 0; passed < 10; passed += 1) await turn();
};

describe.each([0, 3])('ListenerOutcome of work that fails after %i turns', (turns) => {
  it('passes the failure to a caller that awaits it, and reports nothing', async () => {
    const reported: unknown[] = [];
    const outcome = new ListenerOutcome(failing(turns), (error) => reported.push(error));
    await expect(Promise.all([outcome])).rejects.toThrow('failed');
    await settled();
    expect(reported).toEqual([]);
  });

  it('reports the failure once when nobody awaits it', async () => {
    const reported: unknown[] = [];
    const outcome = new ListenerOutcome(failing(turns), (error) => reported.push(error));
    await settled();
    expect(outcome).toBeDefined();
    expect(reported).toEqual([new Error('failed')]);
  });
});

describe('ListenerOutcome of work that succeeds', () => {
  it('ends with the work, and reports nothing', async () => {
    const reported: unknown[] = [];
    let done = false;
    const work = turn().then(() => {
      done = true;
    });
    await Promise.all([new ListenerOutcome(work, (error) => reported.push(error))]);
    await settled();
    expect([done, reported]).toEqual([true, []]);
  });
});
