import config from '../../../jest.config.js';

const sources = '^.+\\.ts$';
const [, compiler] = config.transform[sources];

/** As for the other tests, but with a changed source, and no more than is needed to notice the change. */
export default {
  ...config,
  rootDir: '../../..',
  bail: 1,
  testTimeout: 30_000,
  testEnvironment: '<rootDir>/test/mutants/sql/first-failure.js',
  transform: { [sources]: ['<rootDir>/test/mutants/sql/mutant-transform.js', compiler] },
  // Databases are looked for once, before all mutants.
  globalSetup: undefined,
  globalTeardown: undefined,
  reporters: ['summary'],
};
