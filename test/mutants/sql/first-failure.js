import { TestEnvironment } from 'jest-environment-node';

/** Skips the rest of a file after its first failure: that is enough to know, and a mutant may let every test wait until it gives up. */
export default class FirstFailureEnvironment extends TestEnvironment {
  failed = false;

  /** @param {{ name: string, test?: unknown }} event */
  handleTestEvent({ name, test }) {
    if (name === 'test_fn_failure' || name === 'hook_failure') this.failed = true;
    if (name === 'test_start' && this.failed) Object.assign(/** @type {object} */ (test), { mode: 'skip' });
  }
}
