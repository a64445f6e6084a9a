import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../support/servers/cache-folder.js';

const FETCH_WITHIN_MS = 180_000;

/** A program could not be fetched, which says nothing about the library. */
export class NotFetchedError extends Error {}

/**
 * Installs a package of programs for this platform into a folder of the cache. It is no dependency of the workspace, because
 * `npm ci` would load it each time. Its scripts do not run: newer versions of npm run none either.
 *
 * @param prefix the package's name without the platform
 * @param version a version or a range
 * @returns the folder of the package
 */
export async function fetchedPackage(prefix: string, version: string): Promise<string> {
  const name = `${prefix}${process.platform}-${process.arch}`;
  const folder = cacheFolder(`${name.replace(/^@/, '').replace('/', '-')}-${version}`);
  try {
    await mkdir(folder, { recursive: true });
    const options = ['--prefix', folder, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    const args = ['install', ...options, `${name}@${version}`];
    await promisify(execFile)('npm', args, { cwd: folder, timeout: FETCH_WITHIN_MS });
  } catch (error) {
    throw new NotFetchedError(`${name}@${version} cannot be installed`, { cause: error });
  }
  return join(folder, 'node_modules', name);
}
