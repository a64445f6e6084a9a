import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { PublicAddressPolicy } from '../../libs/webhooks/src/destinations/public-address-policy.js';
import { LOOPBACK, PRIVATE_KEY, SELF_SIGNED, VALID } from '../support/hostile-certificates.js';
import { answering, HostileReceiver } from '../support/hostile-receiver.js';
import { openTransport, type OpenTransport, type TransportSettings } from '../support/hostile-transport.js';
import { useClosing } from '../support/resources.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const closing = useClosing();

/** A proxy that connects to this machine, whatever the name. */
class Proxy {
  /** What it was asked for: the authority and the credentials. */
  readonly asked: [string | undefined, string | undefined][] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly answer: number | 'never',
  ) {
    server.on('connection', (socket: Socket) => this.hold(socket));
    server.on('connect', (request: IncomingMessage, socket: Socket) => this.connect(request, socket));
  }

  static async listen(answer: number | 'never' = 200, overTls = false): Promise<Proxy> {
    const server = overTls ? createTlsServer({ key: PRIVATE_KEY, cert: LOOPBACK }) : createServer();
    const proxy = new Proxy(server, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  url(scheme = 'http', credentials = ''): string {
    return `${scheme}://${credentials}127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get open(): number {
    return this.sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private connect({ url, headers }: IncomingMessage, socket: Socket): void {
    this.asked.push([url, headers['proxy-authorization']]);
    if (this.answer === 'never') return;
    socket.write(`HTTP/1.1 ${this.answer} Answered\r\n\r\n`);
    if (this.answer !== 200) return;
    const target = connect(Number(url?.split(':').at(-1)), '127.0.0.1');
    this.hold(target);
    socket.pipe(target).pipe(socket);
  }

  private hold(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}

async function proxying(...parameters: Parameters<typeof Proxy.listen>): Promise<Proxy> {
  return closing(await Proxy.listen(...parameters));
}

function transport(proxy: string, settings: TransportSettings = {}): OpenTransport {
  const lookup = (): never => {
    throw new Error('The proxy resolves names.');
  };
  return closing(openTransport({ proxy, lookup, ca: [SELF_SIGNED], ...settings }));
}

it.each<[string, string | undefined]>([
  ['http', undefined],
  ['https', VALID],
])('a delivery over %s goes through the proxy, which resolves its name', async (scheme, cert) => {
  const certificate = cert === undefined ? {} : { certificate: { key: PRIVATE_KEY, cert } };
  const receiver = closing(await HostileReceiver.listen(answering(OK), certificate));
  const proxy = await proxying();
  const { post } = transport(proxy.url());
  expect(await post(`${scheme}://receiver.test:${receiver.port}/`)).toMatchObject({ status: 200, body: 'ok' });
  expect(proxy.asked).toEqual([[`receiver.test:${receiver.port}`, undefined]]);
  // The tunnel is kept.
  await setImmediate();
  expect(await post(`${scheme}://receiver.test:${receiver.port}/again`)).toMatchObject({ status: 200 });
  expect(proxy.asked).toHaveLength(1);
});

it('a proxy may be asked over TLS, and for credentials', async () => {
  const receiver = closing(await HostileReceiver.listen(answering(OK)));
  const proxy = await proxying(200, true);
  const { post } = transport(proxy.url('https', 'our%20name:p%40ss@'));
  expect(await post(`http://receiver.test:${receiver.port}/`)).toMatchObject({ status: 200 });
  const credentials = `Basic ${Buffer.from('our name:p@ss').toString('base64')}`;
  expect(proxy.asked).toEqual([[`receiver.test:${receiver.port}`, credentials]]);
});

it.each([
  ['http://receiver.test/', 'receiver.test:80'],
  ['https://receiver.test/', 'receiver.test:443'],
  ['https://[2606:4700::1111]/', '[2606:4700::1111]:443'],
  ['https://[2606:4700::1111]:8443/', '[2606:4700::1111]:8443'],
])('for %s, the proxy is asked to connect to %s; when it refuses, that is the failure', async (url, authority) => {
  const proxy = await proxying(403);
  const message = `The proxy answered 403 when it was asked to connect to ${new URL(url).hostname.replace(/[[\]]/g, '')}.`;
  await expect(transport(proxy.url()).post(url)).rejects.toMatchObject({ reason: 'connection', message });
  expect(proxy.asked).toEqual([[authority, undefined]]);
});

it('the certificate of the receiver is verified, not that of the proxy', async () => {
  const receiver = closing(
    await HostileReceiver.listen(answering(OK), { certificate: { key: PRIVATE_KEY, cert: VALID } }),
  );
  const { post } = transport((await proxying()).url());
  await expect(post(`https://other.test:${receiver.port}/`)).rejects.toMatchObject({ reason: 'tls' });
  expect(receiver.requests).toBe(0);
});

it('a proxy over TLS whose certificate nobody trusts gets nothing', async () => {
  const proxy = await proxying(200, true);
  const { post } = transport(proxy.url('https', 'name:s3cret@'), { ca: null });
  await expect(post('http://receiver.test/')).rejects.toMatchObject({ reason: 'tls' });
  expect(proxy.asked).toEqual([]);
});

it.each<[string, 'never' | 200]>([
  ['does not answer', 'never'],
  ['has connected, and the receiver says nothing', 200],
])('connecting ends in time when the proxy %s, and nothing stays open', async (_, answer) => {
  const receiver = closing(await HostileReceiver.listen(() => undefined));
  const proxy = await proxying(answer);
  const { post } = transport(proxy.url(), { connectTimeoutMs: 300 });
  await expect(post(`https://receiver.test:${receiver.port}/`)).rejects.toMatchObject({
    reason: 'connect_timeout',
    message: 'No connection to receiver.test through the proxy within 300 ms.',
  });
  await receiver.allClosed();
});

it('a proxy that is not there is the failure', async () => {
  const proxy = await Proxy.listen();
  const url = proxy.url();
  await proxy.close();
  await expect(transport(url).post('https://receiver.test/')).rejects.toMatchObject({ reason: 'connection' });
});

it('addresses that a URL names, hosts on the deny list, schemes and ports are refused before the proxy is asked', async () => {
  const proxy = await proxying();
  const addresses = new PublicAddressPolicy({ denyAddresses: ['denied.test'] });
  const { post } = transport(proxy.url(), { addresses });
  for (const url of ['https://10.0.0.1/', 'https://denied.test/', 'http://receiver.test/', 'https://receiver.test:22/'])
    await expect(post(url)).rejects.toMatchObject({ reason: 'address_refused' });
  expect(proxy.asked).toEqual([]);
});
