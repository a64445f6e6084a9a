import { fileURLToPath } from 'node:url';
import swcJest from '@swc/jest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** @type {{ file: string, start: number, end: number, replacement: string } | null} */
const mutant = JSON.parse(process.env.MUTANT ?? 'null');

/**
 * @param {string} source
 * @param {string} path
 */
function mutated(source, path) {
  if (mutant === null || path !== ROOT + mutant.file) return source;
  return source.slice(0, mutant.start) + mutant.replacement + source.slice(mutant.end);
}

/** Compiles as for the other tests, and one source with a change. No file is written, so that none is left changed. */
export default {
  /** @param {Parameters<typeof swcJest.createTransformer>[0]} options */
  createTransformer(options) {
    const swc = swcJest.createTransformer(options);
    const { process: compile, processAsync: compileLater, getCacheKey } = swc;
    if (!compile || !compileLater || !getCacheKey) throw new Error('@swc/jest has other methods than before.');
    return {
      ...swc,
      /** @type {typeof compile} */
      process: (source, path, rest) => compile(mutated(source, path), path, rest),
      /** @type {typeof compileLater} */
      processAsync: (source, path, rest) => compileLater(mutated(source, path), path, rest),
      /** @type {typeof getCacheKey} */
      getCacheKey: (source, path, rest) => getCacheKey(mutated(source, path), path, rest),
    };
  },
};
