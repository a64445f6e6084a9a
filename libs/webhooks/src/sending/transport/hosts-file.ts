import type { LookupAddress } from 'node:dns';
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** Where the system has its hosts file. */
export const SYSTEM_HOSTS_FILE =
  process.platform === 'win32'
    ? String.raw`${process.env['SystemRoot'] ?? 'C:\\Windows'}\System32\drivers\etc\hosts`
    : '/etc/hosts';

/** The names that a hosts file gives addresses to. It is read again when it has changed. */
export class HostsFile {
  private version = '';
  private names: ReadonlyMap<string, readonly LookupAddress[]> = new Map();

  constructor(private readonly path: string) {}

  /** @param name in lower case, without a dot at its end */
  addressesOf(name: string): readonly LookupAddress[] | null {
    // Synchronously, because the threads that read files in the background may all be busy. The system caches the file.
    const stat = statSync(this.path, { throwIfNoEntry: false });
    const version = stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
    if (version !== this.version) {
      this.names = stat === undefined ? new Map() : namesIn(readFileSync(this.path, 'utf8'));
      this.version = version;
    }
    return this.names.get(name) ?? null;
  }
}

function namesIn(text: string): Map<string, LookupAddress[]> {
  const names = new Map<string, LookupAddress[]>();
  for (const line of text.split(/\r?\n/)) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const alias of aliases) {
      const name = alias.toLowerCase();
      names.set(name, [...(names.get(name) ?? []), { address, family }]);
    }
  }
  return names;
}
