import config from '../../../jest.config.js';

/** The specs beside their subjects. They need no database, so none is looked for; those that build or load everything are left out. */
export default {
  ...config,
  rootDir: '../../..',
  roots: ['<rootDir>/libs/webhooks/src'],
  testPathIgnorePatterns: [...config.testPathIgnorePatterns, 'entry-points.spec.ts'],
  globalSetup: undefined,
  globalTeardown: undefined,
  reporters: undefined,
};
