import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';

/** How long something lives: as long as the group of tests that uses it, or anew for each test. */
export type Span = 'group' | 'test';

type Close = () => Promise<void>;

const opened: Record<Span, Promise<Close>[]> = { group: [], test: [] };

/**
 * Opens something before the tests of the surrounding group, and closes it after them. What was opened last is closed first;
 * Jest would close in the order in which the hooks were defined.
 *
 * @param open opens it, and returns how to close it
 */
export function useResource(span: Span, open: () => Promise<Close>): void {
  const [before, after] = span === 'group' ? [beforeAll, afterAll] : [beforeEach, afterEach];
  before(async () => {
    const opening = open();
    opened[span].push(opening);
    await opening;
  });
  after(async () => {
    // What could not be opened has failed its test already.
    const close = await opened[span].pop()?.catch(() => null);
    await close?.();
  });
}

/** Returns a function that has something closed at the end of the test that opened it; what was opened last is closed first. */
export function useClosing(): <One extends { close(): Promise<void> }>(one: One) => One {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  return (one) => {
    open.push(one);
    return one;
  };
}
