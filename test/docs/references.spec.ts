import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { LOG_CONTEXT } from '../../libs/webhooks/src/webhooks.names.js';
import { OPTION_GROUPS, resolveWebhooksOptions } from '../../libs/webhooks/src/webhooks.options.js';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const filesIn = (folder: string): string[] => readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' });

const LIBRARY = 'libs/webhooks/src/';
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'libs/webhooks/README.md',
  ...filesIn('docs/')
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
/** Files and folders of the repository, without what is installed or built. */
const PATHS: ReadonlySet<string> = new Set(
  [
    ...readdirSync(root),
    ...['.ci', 'apps', 'docs', 'libs', 'test'].flatMap((folder) =>
      filesIn(`${folder}/`).map((path) => `${folder}/${path}`),
    ),
  ].filter((path) => !/(^|\/)(node_modules|dist)(\/|$)/.test(path)),
);
const NAMES: ReadonlySet<string> = new Set([...PATHS].flatMap((path) => path.split('/')));

/** Capabilities, entry points of the package, address ranges, and the folder that the benchmark makes. */
const NOT_IN_THE_TREE = /^(octo\/\w+|nestjs-octo-webhooks\/.+|@.+|[\d.]+\/\d+|test\/bench\/results)$/;
/** Names with a dot that are not options: columns, an event name of OCTO, a function of another package, and a host. */
const NOT_AN_OPTION = /^(octo_webhook\.\w+|booking\.updated|undici\.request|example\.com)$/;
const MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, days: 86_400_000 };

const OPTIONS: ReadonlyMap<string, unknown> = new Map(
  Object.entries(resolveWebhooksOptions({})).flatMap(([group, options]) =>
    Object.entries(options).map(([name, byDefault]) => [`${group}.${name}`, byDefault]),
  ),
);
const EXPORTS: ReadonlySet<string> = new Set(
  [...read(`${LIBRARY}index.ts`).matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace('type ', '').trim()),
  ),
);

/** Every text in backticks, outside of code blocks, as `document: text`. */
const QUOTED = DOCUMENTS.flatMap((document) =>
  [
    ...read(document)
      .replaceAll(/^```[\s\S]*?^```$/gm, '')
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, text = '']) => ({
    document,
    text,
  })),
);

/** The quoted texts of which a pattern finds something that is not allowed. */
function wrong(pattern: RegExp, isAllowed: (found: string) => boolean): string[] {
  const found = QUOTED.flatMap(({ document, text }) => {
    const match = pattern.exec(text)?.[1];
    return match === undefined ? [] : [{ document, match }];
  });
  expect(found.length).toBeGreaterThan(10);
  return found.filter(({ match }) => !isAllowed(match)).map(({ document, match }) => `${document}: ${match}`);
}

/** Whether a path is in the tree, from its root or from that of the library. A single name may be anywhere. */
function exists(path: string): boolean {
  const plain = path.replace(/\/$/, '');
  if (plain.includes('*')) {
    const [before = '', after = ''] = plain.split('*');
    return [...PATHS].some((one) => one.startsWith(before) && one.endsWith(after));
  }
  return plain.includes('/') ? PATHS.has(plain) || PATHS.has(`${LIBRARY}${plain}`) : NAMES.has(plain);
}

/** A default of the README's table: `true`, 64 or 5 min. */
function documentedDefault(cell: string): unknown {
  const plain = cell.replaceAll('`', '').trim();
  if (plain === 'true' || plain === 'false') return plain === 'true';
  const [, number, unit] = /^([\d.]+)(?: (ms|s|min|h|days))?$/.exec(plain) ?? [];
  const factor = Object.entries(MS).find(([name]) => name === (unit ?? 'ms'))?.[1];
  return number === undefined || factor === undefined ? plain : Number(number) * factor;
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  return headings.map((heading) => `#${heading.replaceAll(/[^\w\- ]/g, '').replaceAll(' ', '-')}`);
}

it('every path that the docs name exists', () => {
  const path = /^([\w.@*-]+(?:\/[\w.*-]+)*(?:\/|\.(?:ts|js|cjs|md))|[\w.@*-]+(?:\/[\w.*-]+)+)$/;
  expect(wrong(path, (found) => NOT_IN_THE_TREE.test(found) || exists(found))).toEqual([]);
});

it('every link within the docs leads to a file, and to a heading where it names one', () => {
  const broken = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      const target = new URL(link, new URL(document, root));
      const path = target.pathname.slice(root.pathname.length);
      if (!PATHS.has(path)) return [`${document}: ${link}`];
      return target.hash === '' || anchorsOf(path).includes(target.hash) ? [] : [`${document}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

it('every npm script that the docs name exists', () => {
  const scripts = read('package.json');
  const named = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name),
  );
  expect(named).toEqual(expect.arrayContaining(['demo', 'lint', 'build', 'bench']));
  expect(named.filter((name) => !scripts.includes(`"${name}": `))).toEqual([]);
});

it('every option that the docs name exists', () => {
  const name = /^([a-z]\w*\.[a-z]\w+)(?:: .*)?$/;
  const isFile = (found: string): boolean => /\.(ts|js|md)$/.test(found);
  expect(wrong(name, (found) => OPTIONS.has(found) || isFile(found) || NOT_AN_OPTION.test(found))).toEqual([]);
});

it("the README's table has every option, with its default", () => {
  const rows = [...read('README.md').matchAll(/^\| `(\w+)\.(\w+)` +\| ([^|]+) \|/gm)]
    .filter(([, group = '']) => OPTION_GROUPS.includes(group))
    .map(([, group = '', name = '', byDefault = '']) => [`${group}.${name}`, documentedDefault(byDefault)] as const);
  expect(rows.map(([option]) => option).toSorted()).toEqual([...OPTIONS.keys()].toSorted());
  for (const [option, byDefault] of rows) {
    const real = OPTIONS.get(option);
    if (typeof real === 'number' || typeof real === 'boolean') expect([option, byDefault]).toEqual([option, real]);
  }
});

it('every class, decorator and type of the library that the docs name is exported', () => {
  expect(wrong(/^@?([A-Z]\w*Webhook\w*|Webhook\w*)/, (name) => name === LOG_CONTEXT || EXPORTS.has(name))).toEqual([]);
});

it('every error class that the docs name is exported', () => {
  const named = DOCUMENTS.flatMap((document) =>
    [...read(document).matchAll(/\b[A-Z]\w+Error\b/g)].map(([name]) => ({ document, name })),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter(({ name }) => !EXPORTS.has(name))).toEqual([]);
});
