import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian and others keep the programs of PostgreSQL, a folder for each version. */
const POSTGRES_VERSIONS = ['/usr/lib/postgresql', '/usr/local/pgsql', '/opt/homebrew/opt'];

/**
 * The path of a program, or null when this machine has none.
 *
 * @param {string} name
 */
export function findProgram(name) {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    ...POSTGRES_VERSIONS.flatMap(versionFolders),
  ];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/**
 * The newest version first.
 *
 * @param {string} root
 */
function versionFolders(root) {
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return [...versions.map((version) => join(root, version, 'bin')), join(root, 'bin')];
}

/**
 * The user that a program runs as.
 *
 * @typedef {{ readonly uid?: number, readonly gid?: number }} Account
 */

/**
 * The account for a database server. Servers refuse to run as root, so under root they run as the user that their package made.
 *
 * @param {string} name
 * @returns {Account | null} null when this process is root and there is no such account
 */
export function accountFor(name) {
  if (process.getuid?.() !== 0) return {};
  try {
    const id = (/** @type {string} */ option) =>
      Number(execFileSync('id', [option, name], { stdio: 'pipe' }).toString());
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return null;
  }
}
