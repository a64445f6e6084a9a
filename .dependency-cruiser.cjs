/** The folders of the library in the order of import: each imports only from itself and from those above it. */
const FOLDERS = [
  'octo',
  'host',
  'database',
  'secrets',
  'destinations',
  'subscriptions',
  'emission',
  'deliveries',
  'fan-out',
  'sending',
  'dispatch',
  'maintenance',
  'rest',
  'worker',
];
const LIBRARY = 'libs/webhooks/src';
/** Files at the top of the library that every folder may import. They import from no folder. */
const BASE = `^${LIBRARY}/(webhooks\\.(errors|names|options)|option-(groups|table)|request-options)\\.ts$`;
/** Entry points for hosts that use another package's transactions. Nothing else loads them. */
const ENTRY_POINTS = `^${LIBRARY}/emission/transactions/(cls|typeorm-transactional)\\.ts$`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...FOLDERS.map((folder, index) => ({
      name: `${folder}-imports-only-from-folders-above-it`,
      severity: 'error',
      from: { path: `^${LIBRARY}/${folder}/`, pathNot: '\\.spec\\.ts$' },
      to: {
        path: `^${LIBRARY}/`,
        pathNot: [...FOLDERS.slice(0, index + 1).map((above) => `^${LIBRARY}/${above}/`), BASE],
      },
    })),
    {
      name: 'every-folder-has-a-place-in-the-order',
      severity: 'error',
      from: {},
      to: { path: `^${LIBRARY}/[^/]+/`, pathNot: FOLDERS.map((folder) => `^${LIBRARY}/${folder}/`) },
    },
    {
      name: 'errors-and-options-import-from-no-folder',
      severity: 'error',
      from: { path: BASE },
      to: { path: `^${LIBRARY}/`, pathNot: BASE },
    },
    {
      name: 'entry-points-are-loaded-by-hosts-only',
      severity: 'error',
      from: { path: `^${LIBRARY}/`, pathNot: '\\.spec\\.ts$' },
      to: { path: ENTRY_POINTS },
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
      to: { path: `^${LIBRARY}/`, pathNot: [`^${LIBRARY}/index\\.ts$`, ENTRY_POINTS] },
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
