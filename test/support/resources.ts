import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';

/** How long something lives: as long as the group of tests that uses it, or anew for each test. */
export type Span = 'group' | 'test';

type Close = () => Promise<void>;

const opened: Record<Span, Close[]> = { group: [], test: [] };

/**
 * Opens something before the tests of the surrounding group, and closes it after them. What was opened last is closed first;
 * Jest would close in the order in which the hooks were defined.
 *
 * @param open opens it, and returns how to close it
 */
export function useResource(span: Span, open: () => Promise<Close>): void {
  const [before, after] = span === 'group' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  before(async () => {
    opened[span].push(await open());
  });
  after(async () => {
    await opened[span].pop()?.();
  });
}
