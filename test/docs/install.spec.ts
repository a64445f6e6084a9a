import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { minVersion, satisfies, subset } from 'semver';

interface Manifest {
  readonly engines: { readonly node: string };
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** A package in a lock file. */
interface LockedPackage {
  readonly version: string;
  readonly engines?: { readonly node?: string; readonly npm?: string };
  readonly deprecated?: string;
  readonly hasInstallScript?: boolean;
}

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readManifest = (path: string): Manifest => JSON.parse(read(path)) as Manifest;

const { engines, allowScripts = {} } = readManifest('package.json');
/** The lowest supported version of each line of Node.js. */
const LOWEST = engines.node.split('||').map((line) => minVersion(line)?.version ?? `none in ${line}`);
/** The npm that comes with the lowest of them. */
const LOWEST_NPM = '10.8.2';

const LOCKED = Object.entries(
  (JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, LockedPackage>> }).packages,
);

/** The packages that a test finds, as `path@version: why`. */
function found(why: (locked: LockedPackage) => string | undefined): string[] {
  return LOCKED.flatMap(([path, locked]) => {
    const reason = why(locked);
    return reason === undefined ? [] : [`${path}@${locked.version}: ${reason}`];
  });
}

describe('npm ci has nothing to warn about', () => {
  it.each(LOWEST)('on Node.js %s, every package supports it', (version) => {
    expect(found(({ engines: { node } = {} }) => (satisfies(version, node ?? '*') ? undefined : node))).toEqual([]);
  });

  it('every package supports all the versions of Node.js that the project supports', () => {
    expect(found(({ engines: { node } = {} }) => (subset(engines.node, node ?? '*') ? undefined : node))).toEqual([]);
  });

  it('every package supports the oldest npm that comes with them', () => {
    expect(found(({ engines: { npm } = {} }) => (satisfies(LOWEST_NPM, npm ?? '*') ? undefined : npm))).toEqual([]);
  });

  it('no package is deprecated', () => {
    expect(found(({ deprecated }) => deprecated)).toEqual([]);
  });

  it('each install script is either allowed or refused', () => {
    const scripts = LOCKED.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path);
    expect(Object.keys(allowScripts).toSorted()).toEqual(
      scripts.map((path) => path.replace(/^.*node_modules\//, '')).toSorted(),
    );
  });
});

describe('the supported versions of Node.js', () => {
  it('are the lowest of each line that all dependencies support', () => {
    expect(LOWEST).toEqual(['20.19.0', '22.13.0', '24.11.0']);
  });

  it('are the same for the library', () => {
    expect(readManifest('libs/webhooks/package.json').engines).toEqual(engines);
  });

  it.each(['README.md', 'CONTRIBUTING.md', 'libs/webhooks/README.md'])('are named by %s', (document) => {
    const named = LOWEST.map((version) => version.replace(/\.0$/, '')).join(', ');
    expect(read(document).replaceAll(/\s+/g, ' ')).toContain(`Node.js ${named} or newer`);
  });
});
