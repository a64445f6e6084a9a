// Debian has MySQL in its unstable suite only. It is unpacked into a folder together with the libraries that it needs, down to the
// C library, so that it runs on any Debian. Nothing is installed.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.js';

const FETCH_WITHIN_MS = 180_000;

/** What Debian calls this machine's architecture, and the loader of its programs. @type {Record<string, readonly [string, string]>} */
const ARCHITECTURES = {
  x64: ['x86_64-linux-gnu', 'ld-linux-x86-64.so.2'],
  arm64: ['aarch64-linux-gnu', 'ld-linux-aarch64.so.1'],
};

/**
 * A program and the arguments that come before all others.
 *
 * @typedef {{ readonly program: string, readonly args: readonly string[] }} Program
 */

/**
 * MySQL's server out of Debian's package, which is fetched once and kept.
 *
 * @param {(line: string) => void} say
 * @returns {Promise<Program>}
 */
export async function packagedMysql(say) {
  const architecture = ARCHITECTURES[process.arch];
  if (process.platform !== 'linux' || architecture === undefined) {
    throw new Error(`Debian has no package of MySQL for ${process.platform} on ${process.arch}`);
  }
  const folder = cacheFolder('mysql');
  if (!existsSync(folder)) await fetchInto(folder, say);
  const [triplet, loader] = architecture;
  const libraries = join(folder, 'usr/lib', triplet);
  const paths = [libraries, join(folder, 'usr/lib/mysql/private'), join(libraries, 'mysql')];
  return {
    program: join(libraries, loader),
    args: [
      '--library-path',
      paths.join(':'),
      join(folder, 'usr/sbin/mysqld'),
      '--no-defaults',
      `--basedir=${join(folder, 'usr')}`,
      `--lc-messages-dir=${join(folder, 'usr/share/mysql')}`,
    ],
  };
}

/**
 * Two runs may do this at the same time: each has a folder of its own until it is complete, and one of these is kept.
 *
 * @param {string} folder
 * @param {(line: string) => void} say
 */
async function fetchInto(folder, say) {
  say(`Fetching MySQL into ${folder}, once (60 MB to load, 400 MB on disk), for at most ${FETCH_WITHIN_MS / 1000} s …`);
  await mkdir(dirname(folder), { recursive: true });
  await removeOldPartsOf(folder);
  const partial = await mkdtemp(`${folder}-partial-`);
  const signal = AbortSignal.timeout(FETCH_WITHIN_MS);
  try {
    const apt = join(partial, 'apt');
    await download(apt, signal);
    const archives = join(apt, 'cache/archives');
    const packages = (await readdir(archives)).filter((file) => file.endsWith('.deb'));
    const root = join(partial, 'root');
    for (const file of packages) await run('dpkg-deb', ['-x', join(archives, file), root], signal);
    await rename(root, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    throw signal.aborted ? new Error(`it took more than ${FETCH_WITHIN_MS / 1000} s`) : error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/**
 * A run that is killed leaves behind what it has fetched.
 *
 * @param {string} folder
 */
async function removeOldPartsOf(folder) {
  for (const name of await readdir(dirname(folder))) {
    const path = join(dirname(folder), name);
    if (!path.startsWith(`${folder}-partial-`)) continue;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > 2 * FETCH_WITHIN_MS) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Has apt load the packages, with folders and sources of its own, beside those of the machine.
 *
 * @param {string} apt
 * @param {AbortSignal} signal
 */
async function download(apt, signal) {
  const sources = join(apt, 'sources');
  const folders = ['sources', 'lists/partial', 'cache/archives/partial'].map((path) => join(apt, path));
  for (const path of folders) await mkdir(path, { recursive: true });
  // With an empty list of what is installed, every library is loaded, too.
  await writeFile(join(apt, 'status'), '');
  const mirror = await debianMirror(signal);
  await writeFile(
    join(sources, 'unstable.sources'),
    `Types: deb\nURIs: ${mirror}\nSuites: sid\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
  );
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': sources,
    'Dir::State::Lists': join(apt, 'lists'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    'APT::Install-Recommends': 'false',
    'Debug::NoLocking': 'true',
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': '20',
    'Acquire::Retries': '1',
  };
  const args = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  // Otherwise it only warns when an index cannot be loaded.
  await run('apt-get', [...args, '--error-on=any', 'update'], signal);
  await run('apt-get', [...args, '--yes', '--download-only', 'install', 'mysql-server-core'], signal);
}

/**
 * The mirror that this machine loads its own packages from.
 *
 * @param {AbortSignal} signal
 */
async function debianMirror(signal) {
  const format = ['--format', '$(REPO_URI)', 'Created-By: Packages', 'Component: main'];
  const targets = await run('apt-get', ['indextargets', ...format], signal);
  const mirror = targets.split('\n').find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Error('no mirror of Debian is set up for apt');
  return mirror;
}

/**
 * Runs a program. Its error says what the program itself has said.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
function run(program, args, signal) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { signal }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} has failed: ${stderr.trim() || error.message}`));
    });
  });
}
