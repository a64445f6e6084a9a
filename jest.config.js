// In UTC, a local time in place of UTC would go unnoticed. Jest starts its workers, and tests start processes, with this zone.
process.env.TZ = process.env.TEST_TZ ?? 'America/New_York';

/** Jest in ESM mode: NestJS 12 is ESM only. `npm test` sets --experimental-vm-modules. */
export default {
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testEnvironment: 'node',
  testTimeout: 180_000,
  maxWorkers: 2,
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nestjs-octo-webhooks$': '<rootDir>/libs/webhooks/src/index.ts',
    '^nestjs-octo-webhooks/(cls|typeorm-transactional)$': '<rootDir>/libs/webhooks/src/emission/transactions/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/probe-databases.js',
  globalTeardown: '<rootDir>/test/support/stop-databases.js',
  reporters: ['default', '<rootDir>/test/support/left-out-reporter.js'],
};
