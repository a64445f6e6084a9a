/** The stages of the library, in the order of a change's way. A folder imports only from those above it. */
const STAGES = [
  'secrets',
  'octo',
  'database',
  'host',
  'rest',
  'subscriptions',
  'emission',
  'triggering',
  'fan-out',
  'delivery',
  'maintenance',
  'openapi',
  'schema',
  'runtime',
];
const LIBRARY = 'libs/webhooks/src';
/** What every stage may use. */
const SHARED = [
  `^${LIBRARY}/webhooks\\.(errors|options)\\.ts$`,
  `^${LIBRARY}/options/`,
  `^${LIBRARY}/(bounded-map|error-text|grouping)\\.ts$`,
];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...STAGES.map((stage, index) => ({
      name: `${stage}-imports-only-from-earlier-stages`,
      severity: 'error',
      from: { path: `^${LIBRARY}/${stage}/`, pathNot: '\\.spec\\.ts$' },
      to: {
        path: `^${LIBRARY}/`,
        pathNot: [...STAGES.slice(0, index + 1).map((earlier) => `^${LIBRARY}/${earlier}/`), ...SHARED],
      },
    })),
    {
      name: 'adapters-fill-the-ports-of-emission-only',
      severity: 'error',
      from: { path: `^${LIBRARY}/adapters/`, pathNot: '\\.spec\\.ts$' },
      to: {
        path: `^${LIBRARY}/`,
        pathNot: [`^${LIBRARY}/database/`, `^${LIBRARY}/emission/transactions/`, ...SHARED],
      },
    },
    {
      name: 'adapters-are-entry-points-that-nothing-else-loads',
      severity: 'error',
      from: { path: `^${LIBRARY}/`, pathNot: '\\.spec\\.ts$' },
      to: { path: `^${LIBRARY}/adapters/` },
    },
    {
      name: 'sources-do-not-import-tests',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '(\\.spec\\.ts$|^test/)' },
    },
    {
      name: 'the-host-imports-the-package-and-not-its-inside',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: `^${LIBRARY}/`, pathNot: [`^${LIBRARY}/index\\.ts$`, `^${LIBRARY}/adapters/`] },
    },
    {
      name: 'the-library-does-not-know-its-hosts',
      severity: 'error',
      from: { path: '^libs/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-undeclared-dependencies',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined', 'npm-dev'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['node', 'import', 'types', 'default'] },
  },
};
