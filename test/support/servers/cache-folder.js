import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder for what the tests fetch, outside of the repository, where `npm ci` and other clones leave it alone. Under root it is
 * one that other users can open, because PostgreSQL does not run as root.
 *
 * @param {string} name
 */
export function cacheFolder(name) {
  const ofUser = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(process.getuid?.() === 0 ? '/var/cache' : ofUser, 'octo-webhooks-tests', name);
}
