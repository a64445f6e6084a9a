import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const PACKAGE = new URL('../../../', import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')) as {
  exports: Record<string, { types: string; default: string } | string>;
};

/** The source of a built file. */
const sourceOf = (built: string): URL =>
  new URL(built.replace('./dist/', 'src/').replace(/(\.d\.ts|\.js)$/, '.ts'), PACKAGE);

/** The packages that a module loads, directly or through its own modules. Types are erased and do not count. */
function packagesOf(entry: URL): Set<string> {
  const packages = new Set<string>();
  const visited = new Set<string>();
  const visit = (file: URL): void => {
    if (visited.has(file.href)) return;
    visited.add(file.href);
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    for (const { fileName } of ts.preProcessFile(outputText, true, true).importedFiles) {
      if (fileName.startsWith('.')) visit(new URL(fileName.replace(/\.js$/, '.ts'), file));
      else packages.add(fileName);
    }
  };
  visit(entry);
  return packages;
}

describe('The entry points of the package', () => {
  it.each(Object.entries(exports).filter(([, target]) => typeof target !== 'string'))(
    '%s has a source',
    (_, target) => {
      expect(target).toEqual({ types: expect.stringMatching(/\.d\.ts$/), default: expect.stringMatching(/\.js$/) });
      for (const built of Object.values(target)) expect(existsSync(sourceOf(built))).toBe(true);
    },
  );

  it.each([
    { entry: './cls', loads: '@nestjs-cls/transactional' },
    { entry: './typeorm-transactional', loads: 'typeorm-transactional' },
  ])('$entry alone loads $loads', ({ entry, loads }) => {
    const built = (name: string): string => {
      const target = exports[name];
      return typeof target === 'object' ? target.default : '';
    };
    expect(packagesOf(sourceOf(built(entry)))).toContain(loads);
    const others = Object.keys(exports).filter((name) => name !== entry && built(name) !== '');
    expect(others).toContain('.');
    for (const other of others) expect(packagesOf(sourceOf(built(other)))).not.toContain(loads);
  });

  it('include a main one that loads the whole library', () => {
    expect([...packagesOf(sourceOf('./dist/index.js'))]).toEqual(
      expect.arrayContaining(['@nestjs/common', '@nestjs/event-emitter', 'typeorm']),
    );
  });
});
