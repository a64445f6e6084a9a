import { setTimeout as sleep } from 'node:timers/promises';

/** Far longer than anything takes here: it only ends a test that would hang otherwise. */
const GIVE_UP_AFTER_MS = 90_000;

/**
 * Waits until a condition holds.
 *
 * @param what what is waited for, for the message when it does not come
 * @param state how things stand, for the same message
 */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  state: () => string = () => '',
): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`Waited in vain for ${what}. ${state()}`);
    await sleep(10);
  }
}
