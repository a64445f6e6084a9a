import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { longestBuildMs, SlowViews, type AskedView } from './host-answers.js';
import { WebhooksClock } from './webhooks-host.js';

class FakeClock extends WebhooksClock {
  now(): number {
    return Date.now();
  }
}

const options = resolveWebhooksOptions({ dispatch: { leaseMs: 80_000 } });
const plain: AskedView = { supplierId: 's-1', view: { capabilities: [], language: null } };
const content: AskedView = { supplierId: 's-1', view: { capabilities: ['octo/content'], language: null } };

describe('The views of a host that is slow', () => {
  let views: SlowViews;

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    views = new SlowViews(new FakeClock(), options);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const answer = (afterMs: number) => (): Promise<string> =>
    new Promise((resolve) => {
      setTimeout(resolve, afterMs, 'answer');
    });
  const wait = async <Result>(work: Promise<Result>): Promise<Result> => {
    const result = Promise.allSettled([work]);
    await jest.advanceTimersByTimeAsync(10_000);
    await result;
    return work;
  };
  const tooSlow = 'not answered within 10000 ms, an eighth of dispatch.leaseMs';
  const isRefused = (view: AskedView): boolean => {
    try {
      views.refuse(view);
      return false;
    } catch (error) {
      expect(String(error)).toContain(tooSlow);
      return true;
    }
  };

  it('have an eighth of the lease for each of the three answers that a payload may take', async () => {
    expect(longestBuildMs(options)).toBe(30_000);
    await expect(wait(views.inTime(plain, answer(9999)))).resolves.toBe('answer');
    await expect(wait(views.inTime(plain, answer(10_001)))).rejects.toThrow(tooSlow);
  });

  it('are refused for five minutes, and others are not', async () => {
    await expect(wait(views.inTime(content, answer(60_000)))).rejects.toThrow(tooSlow);
    expect([isRefused(content), isRefused(plain), isRefused({ ...content, supplierId: 's-2' })]).toEqual([
      true,
      false,
      false,
    ]);
    jest.setSystemTime(309_999);
    expect(isRefused(content)).toBe(true);
    jest.setSystemTime(310_000);
    expect(isRefused(content)).toBe(false);
  });

  it('are not refused to changes because they were slow for a partner who triggered them', async () => {
    await expect(wait(views.inTime({ ...plain, isTriggered: true }, answer(60_000)))).rejects.toThrow(tooSlow);
    expect([isRefused(plain), isRefused({ ...plain, isTriggered: true })]).toEqual([false, true]);
  });

  it('are not refused after an answer in time', async () => {
    await expect(wait(views.inTime(content, answer(60_000)))).rejects.toThrow(tooSlow);
    await expect(wait(views.inTime(plain, answer(1)))).resolves.toBe('answer');
    expect(isRefused(content)).toBe(true);
    await expect(wait(views.inTime(content, answer(1)))).resolves.toBe('answer');
    expect(isRefused(content)).toBe(false);
  });

  it('are forgotten when their time is over and another one is slow', async () => {
    await expect(wait(views.inTime(content, answer(60_000)))).rejects.toThrow(tooSlow);
    jest.setSystemTime(400_000);
    await expect(wait(views.inTime(plain, answer(60_000)))).rejects.toThrow(tooSlow);
    jest.setSystemTime(20_000);
    expect([isRefused(content), isRefused(plain)]).toEqual([false, true]);
  });

  it('are not refused when the host throws, and leave no timer behind', async () => {
    const error = new Error('No content for this product.');
    await expect(wait(views.inTime(content, () => Promise.reject(error)))).rejects.toBe(error);
    expect(isRefused(content)).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });
});
