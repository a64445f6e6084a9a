import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { PublicAddressPolicy } from 'nestjs-octo-webhooks';
import { checkedLookup } from '../../libs/webhooks/src/sending/transport/checked-lookup.js';
import { NameLookups, type NameLookupOptions } from '../../libs/webhooks/src/sending/transport/name-lookups.js';
import { answering, HostileReceiver } from '../support/hostile-receiver.js';
import { openTransport } from '../support/hostile-transport.js';
import { NameServer, type Answer } from '../support/name-server.js';
import { useClosing } from '../support/resources.js';
import { waitUntil } from '../support/wait-until.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const NO_SUCH_NAME = 3;
const V4 = '192.0.2.1';
const V6 = '2001:0db8:0000:0000:0000:0000:0000:0001';

const closing = useClosing();

/** A name server with the same answers for every name. */
const serving = async (v4: Answer, v6: Answer = []): Promise<NameServer> =>
  closing(await NameServer.listen((_, type) => (type === 'A' ? v4 : v6)));

function lookups(options: Partial<NameLookupOptions>): {
  names: NameLookups;
  lookup: (name: string) => Promise<LookupAddress[]>;
} {
  const names = new NameLookups({ timeoutMs: 20_000, hostsFile: '/nowhere/hosts', ...options });
  closing({ close: () => Promise.resolve(names.close()) });
  const lookup = (name: string) =>
    new Promise<LookupAddress[]>((resolve, reject) =>
      names.lookup(name, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error))),
    );
  return { names, lookup };
}

describe('Names of one partner that are never resolved', () => {
  it('delay neither another partner nor the threads of the process', async () => {
    const receiver = closing(await HostileReceiver.listen(answering(OK)));
    const server = closing(
      await NameServer.listen((name, type) => {
        if (name.endsWith('.slow.test')) return null;
        return type === 'A' ? ['127.0.0.1'] : [];
      }),
    );
    const { post } = closing(openTransport({ nameServers: [server.address] }));
    let given = 0;
    const slow = Array.from({ length: 64 }, (_, index) =>
      post(`http://a${index}.slow.test/`).catch(() => (given += 1)),
    );
    await waitUntil('all names to be asked for', () => server.questions.length >= 2 * slow.length);
    expect(process.getActiveResourcesInfo()).not.toContain('GetAddrInfoReqWrap');
    expect(await post(`http://victim.test:${receiver.port}/`)).toMatchObject({ status: 200 });
    await promisify(systemLookup)('localhost');
    await stat('.');
    expect(given).toBe(0);
  });

  it('are given up when connecting has taken too long, and the attempt says so', async () => {
    const server = await serving(null, null);
    const { post } = closing(openTransport({ nameServers: [server.address], connectTimeoutMs: 200 }));
    await expect(post('http://silent.test/')).rejects.toMatchObject({
      reason: 'dns',
      message: 'silent.test could not be resolved: no answer within 200 ms',
    });
  });

  it('are given up at once when the process ends', async () => {
    const server = await serving(null, null);
    const { names, lookup } = lookups({ servers: [server.address] });
    const looking = lookup('silent.test');
    await waitUntil('the name to be asked for', () => server.questions.length >= 2);
    names.close();
    await expect(looking).rejects.toMatchObject({ message: 'the process is shutting down' });
  });
});

describe('A failed lookup', () => {
  it.each(['a..b', 'x'.repeat(64), `${'x.'.repeat(130)}test`])(
    'is that of a name that cannot be asked for: %s',
    async (name) => {
      const server = await serving([V4]);
      const { post } = closing(openTransport({ nameServers: [server.address] }));
      await expect(post(`http://${name}/`)).rejects.toMatchObject({ reason: 'dns' });
    },
  );

  it('says that the hosts file cannot be read', async () => {
    await expect(lookups({ hostsFile: tmpdir() }).lookup('one.test')).rejects.toThrow(
      /^the hosts file cannot be read: .*EISDIR/,
    );
  });

  it.each<[string, Answer, number]>([
    ['that says that there is no such name', NO_SUCH_NAME, 20_000],
    ['that was never answered', null, 50],
  ])('%s is remembered for three seconds, for this name alone', async (_, answer, timeoutMs) => {
    let now = 1_000_000;
    const server = await serving(answer, answer);
    const { lookup } = lookups({ servers: [server.address], timeoutMs, now: () => now });
    const askedFor = (name: string) => server.questions.filter((question) => question === `A ${name}`).length;
    await expect(lookup('one.test')).rejects.toThrow();
    const before = askedFor('one.test');
    now += 3000;
    await expect(lookup('ONE.test.')).rejects.toThrow();
    expect(askedFor('one.test')).toBe(before);
    await expect(lookup('other.test')).rejects.toThrow();
    expect(askedFor('other.test')).toBeGreaterThan(0);
    now += 1;
    await expect(lookup('one.test')).rejects.toThrow();
    expect(askedFor('one.test')).toBeGreaterThan(before);
  });

  it('is not what follows a successful one: each connection asks anew', async () => {
    const server = await serving([V4]);
    const { lookup } = lookups({ servers: [server.address] });
    await lookup('one.test');
    await lookup('one.test');
    expect(server.questions.filter((question) => question === 'A one.test')).toHaveLength(2);
  });
});

describe('The addresses of a name', () => {
  const at = (...addresses: string[]) =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const short6 = '2001:db8::1';

  it.each<[string, Answer, Answer, LookupAddress[]]>([
    ['both families', [V4], [V6], at(V4, short6)],
    ['IPv4 only', [V4, '192.0.2.2'], [], at(V4, '192.0.2.2')],
    ['IPv6 only', [], [V6], at(short6)],
    ['IPv4, although the other family fails', [V4], NO_SUCH_NAME, at(V4)],
    ['IPv6, although the other family fails', NO_SUCH_NAME, [V6], at(short6)],
    ['IPv4, although the other family is never answered', [V4], null, at(V4)],
    ['IPv6, although the other family is never answered', null, [V6], at(short6)],
  ])('are those of %s', async (_, v4, v6, expected) => {
    const server = await serving(v4, v6);
    expect(await lookups({ servers: [server.address] }).lookup('one.test')).toEqual(expected);
    // A question that is not answered is asked again after two seconds. Nobody waits for that.
    expect(server.questions).toHaveLength(2);
  });

  it('are those of the hosts file, which is read again when it has changed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hosts-'));
    closing({ close: () => rm(folder, { recursive: true }) });
    const hostsFile = join(folder, 'hosts');
    const server = await serving(['192.0.2.9']);
    const { lookup } = lookups({ servers: [server.address], hostsFile });
    expect(await lookup('inside.test')).toEqual(at('192.0.2.9'));
    await writeFile(
      hostsFile,
      `# ${V4} comment.test\n\n${V4}\tInside.test other.test # inside2.test\r\n::1 inside.test\nno address.test\n`,
    );
    expect(await lookup('inside.test')).toEqual(at(V4, '::1'));
    expect(await lookup('OTHER.test.')).toEqual(at(V4));
    for (const name of ['comment.test', 'inside2.test', 'address.test']) {
      expect(await lookup(name)).toEqual(at('192.0.2.9'));
    }
    await writeFile(hostsFile, '192.0.2.3 inside.test\n');
    expect(await lookup('inside.test')).toEqual(at('192.0.2.3'));
    await rm(hostsFile);
    expect(await lookup('inside.test')).toEqual(at('192.0.2.9'));
  });

  it.each(['localhost', 'LOCALHOST.', 'a.localhost'])(
    'of %s are those of this machine, without a question',
    async (name) => {
      const server = await serving(['192.0.2.9']);
      expect(await lookups({ servers: [server.address] }).lookup(name)).toEqual(at('127.0.0.1', '::1'));
      expect(server.questions).toEqual([]);
    },
  );
});

describe('Of a name with many addresses', () => {
  const v4 = Array.from({ length: 10 }, (_, index) => ({ address: `192.0.2.${index}`, family: 4 }));
  const v6 = Array.from({ length: 10 }, (_, index) => ({ address: `2001:db8::${index}`, family: 6 }));
  const taken = (all: LookupAddress[]) => {
    let found: unknown;
    const policy = new PublicAddressPolicy({ allowPrivateAddresses: true });
    checkedLookup(policy, (_hostname, _options, callback) => callback(null, all))(
      'many.test',
      { all: true },
      (_, some) => {
        found = some;
      },
    );
    return found;
  };

  it('at most six are tried, of both families in turn', () => {
    expect(taken(v4)).toEqual(v4.slice(0, 6));
    expect(taken([...v4, ...v6])).toEqual([v4[0], v6[0], v4[1], v6[1], v4[2], v6[2]]);
    expect(taken([...v6.slice(0, 1), ...v4])).toEqual([v6[0], ...v4.slice(0, 5)]);
    expect(taken([...v6, ...v4.slice(0, 1)])).toEqual([v6[0], v4[0], ...v6.slice(1, 5)]);
    expect(taken([...v4.slice(0, 3), ...v6.slice(0, 3)])).toEqual([...v4.slice(0, 3), ...v6.slice(0, 3)]);
  });

  it('no more are checked, and none of the others is in the error', () => {
    const policy = new PublicAddressPolicy();
    let message = '';
    checkedLookup(policy, (_hostname, _options, callback) => callback(null, v4))(
      'many.test',
      { all: true },
      (error) => {
        message = error?.message ?? '';
      },
    );
    expect(message.split(';')).toHaveLength(6);
  });
});
