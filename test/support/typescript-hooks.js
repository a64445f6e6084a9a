import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transform } from '@swc/core';
import jest from '../../jest.config.js';

/**
 * Lets plain Node run the TypeScript of the tests and of the library: `node --import ./test/support/typescript-hooks.js`.
 * For packages that Jest cannot load on Node 20, because they require() ES modules. Compiles as Jest does. With
 * TEST_BUILT_LIBRARY set, the library is the built one, as its users have it.
 */
if (isMainThread) register(import.meta.url);

const ROOT = new URL('../../', import.meta.url).href;
const ENTRY_POINTS = Object.entries(jest.moduleNameMapper).filter(
  ([, target]) => target.startsWith('<rootDir>') && !process.env.TEST_BUILT_LIBRARY,
);
const [, compilerOptions] = jest.transform['^.+\\.ts$'];

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  for (const [pattern, target] of ENTRY_POINTS) {
    const match = new RegExp(pattern).exec(specifier);
    if (match === null) continue;
    return next(target.replace('<rootDir>/', ROOT).replace('$1', match[1] ?? ''), context);
  }
  if (specifier.startsWith('.') && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    .../** @type {import('@swc/core').Options} */ (compilerOptions),
    filename,
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}
