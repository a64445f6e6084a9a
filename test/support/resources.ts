import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';

/** How long something lives: as long as the group of tests that uses it, or anew for each test. */
export type Span = 'group' | 'test';

type Close = () => Promise<void>;

const opened: Record<Span, Promise<Close>[]> = { group: [], test: [] };

/**
 * Opens something before the tests of the surrounding group, and closes it after them, in reverse order. Jest itself would
 * close in the order in which the hooks were defined.
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
    // If it could not be opened, its test has failed already.
    const close = await opened[span].pop()?.catch(() => null);
    await close?.();
  });
}

/** Returns a function that registers something to be closed at the end of the test that opened it, in reverse order. */
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
