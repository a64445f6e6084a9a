import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { SOURCES, type TriedMutant } from '../mutant.js';
import { SUBJECTS, type Subjects } from './subjects.js';

/**
 * Lets Stryker change what is pure, one expression at a time.
 *
 * @param wanted parts of the names of files; none for all
 */
export async function tryPureMutants(wanted: readonly string[]): Promise<TriedMutant[]> {
  const tried: TriedMutant[] = [];
  for (const subjects of SUBJECTS) {
    const files = subjects.names
      .map((name) => join(SOURCES, subjects.folder, `${name}.ts`))
      .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
    if (files.length > 0) tried.push(...(await tryFolder(files, subjects)));
  }
  return tried;
}

async function tryFolder(files: string[], { folder, names, specs = [] }: Subjects): Promise<TriedMutant[]> {
  const testMatch = [...names, ...specs].map((name) => join('<rootDir>', SOURCES, folder, `${name}.spec.ts`));
  const stryker = new Stryker({
    mutate: files,
    testRunner: 'jest',
    plugins: ['@stryker-mutator/jest-runner', './test/mutants/pure/messages.js'],
    ignorers: ['messages'],
    testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    jest: {
      projectType: 'custom',
      configFile: 'test/mutants/pure/jest.config.js',
      config: { testMatch },
    },
    coverageAnalysis: 'perTest',
    ignorePatterns: ['/apps', '/docs', '**/dist', '/test/bench', '/test/faults'],
    // Git, ESLint and Prettier leave this folder alone.
    tempDirName: 'coverage/mutants',
    concurrency: 1,
    timeoutMS: 2000,
    allowConsoleColors: false,
    reporters: ['progress-append-only'],
  });
  const results = await stryker.runMutationTest();
  return results.flatMap(({ fileName, location, replacement, status }) => {
    if (status === 'Ignored' || status === 'CompileError') return [];
    const file = relative(process.cwd(), fileName);
    const offset = offsetIn(file);
    const noticed = status === 'Killed' || status === 'Timeout' || status === 'RuntimeError';
    return [{ file, start: offset(location.start), end: offset(location.end), replacement, noticed }];
  });
}

/** Stryker counts lines and columns, from 1. */
function offsetIn(file: string): (position: { line: number; column: number }) => number {
  const lines = readFileSync(file, 'utf8').split('\n');
  return ({ line, column }) => lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, column - 1);
}
