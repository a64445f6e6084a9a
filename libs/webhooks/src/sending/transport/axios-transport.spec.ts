import { setImmediate } from 'node:timers/promises';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LOCAL_REQUESTS } from '../../../../../test/support/local-requests.js';
import { WebhookAddressPolicy } from '../../destinations/address-policy.js';
import { PublicAddressPolicy } from '../../destinations/public-address-policy.js';
import { AxiosTransport, WebhookHttpService } from './axios-transport.js';

const HEADERS = { 'content-type': 'application/json', 'x-partner': 'p-1' };
const BODY = Buffer.from(JSON.stringify({ note: 'Straße 😀 \u2028\u2029 \u0000' }));

/** Closed after each test, the last one first. */
const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

/** Far more time than anything here takes, unless a test says otherwise. */
function transport(options: Partial<ConstructorParameters<typeof WebhookHttpService>[0]> = {}) {
  const http = new WebhookHttpService({
    connectTimeoutMs: 20_000,
    timeoutMs: 20_000,
    maxResponseBytes: 1000,
    addresses: new PublicAddressPolicy(LOCAL_REQUESTS),
    ca: null,
    proxy: null,
    ...options,
  });
  toClose.push(() => http.onApplicationShutdown());
  const post = (url: string, body = BODY) => new AxiosTransport(http).post({ url, headers: HEADERS, body });
  return { http, post };
}

async function listen<S extends Server>(
  server: S,
): Promise<{ port: number; url: string; sockets: Socket[]; closed: Promise<void>[] }> {
  const sockets: Socket[] = [];
  const closed: Promise<void>[] = [];
  server.on('connection', (socket: Socket) => {
    // The other side may close the connection. Some tests cover this.
    sockets.push(socket.on('error', () => undefined));
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toClose.push(async () => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/hook`, sockets, closed };
}

function httpServer(listener: RequestListener) {
  return listen(createHttpServer(listener));
}

/** A server that reads the beginning of a request, and then runs a given function. */
function tcpServer(answer: (socket: Socket) => void) {
  return listen(createTcpServer((socket) => socket.once('data', () => answer(socket))));
}

describe('AxiosTransport', () => {
  it('returns status, headers with lower-case names, and body', async () => {
    const { url } = await httpServer((_, response) =>
      response.writeHead(201, { 'X-Answer': 'a', 'Set-Cookie': ['b=1', 'c=2'] }).end('Grüße 😀'),
    );
    const response = await transport().post(url);
    expect(response).toMatchObject({ status: 201, body: 'Grüße 😀' });
    expect(response.headers).toMatchObject({ 'x-answer': 'a' });
  });

  it.each([400, 404, 410, 429, 500, 503])('returns %i as a response, not as an error', async (status) => {
    const { url } = await httpServer((_, response) => response.writeHead(status).end('no'));
    expect(await transport().post(url)).toMatchObject({ status, body: 'no' });
  });

  it('sends exactly the bytes and headers that it was given, and the headers that HTTP needs, as a POST', async () => {
    const chunks: Buffer[] = [];
    const { url } = await httpServer((request, response) => {
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => response.end(JSON.stringify({ method: request.method, headers: request.headers })));
    });
    const { body } = await transport().post(url);
    expect(Buffer.concat(chunks).equals(BODY)).toBe(true);
    expect(JSON.parse(body)).toEqual({
      method: 'POST',
      headers: {
        ...HEADERS,
        host: new URL(url).host,
        connection: 'keep-alive',
        'content-length': String(BODY.length),
      },
    });
  });

  it('sends the headers that an interceptor of the host has added', async () => {
    const { url } = await httpServer((request, response) => response.end(request.headers['traceparent']));
    const { http, post } = transport();
    http.axiosRef.interceptors.request.use((config) => {
      config.headers.set('traceparent', '00-trace');
      return config;
    });
    expect(await post(url)).toMatchObject({ body: '00-trace' });
  });

  it('never sends a body other than the signed one', async () => {
    const { url, sockets } = await httpServer((_, response) => response.end());
    const { http, post } = transport();
    http.axiosRef.interceptors.request.use((config) => ({ ...config, data: '{}' }));
    await expect(post(url)).rejects.toThrow('an interceptor has replaced it');
    expect(sockets.length).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])('returns a redirect (%i) and does not follow it', async (status) => {
    const paths: (string | undefined)[] = [];
    const { url } = await httpServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await transport().post(url)).toMatchObject({ status, headers: { location: '/elsewhere' } });
    expect(paths).toEqual(['/hook']);
  });

  it('reuses a connection', async () => {
    const { url, sockets } = await httpServer((_, response) => response.end('ok'));
    const { post } = transport();
    await post(url);
    // undici gives a connection a turn of the event loop to show that it is still alive.
    await setImmediate();
    await post(url);
    expect(sockets.length).toBe(1);
  });
});

describe('AxiosTransport reads no more than maxResponseBytes', () => {
  it('of a body that never ends, and closes the connection', async () => {
    const { url, closed } = await httpServer((_, response) => {
      const more = () => {
        while (response.write('x'.repeat(4096)));
      };
      response.on('drain', more);
      more();
    });
    expect((await transport({ maxResponseBytes: 5000 }).post(url)).body).toBe('x'.repeat(5000));
    expect(closed.length).toBe(1);
    await closed[0];
  });

  it.each([
    [0, ''],
    [3, 'abc'],
    [6, 'abcdef'],
    [7, 'abcdef'],
  ])('when that is %i: %p of "abcdef"', async (maxResponseBytes, body) => {
    const { url } = await httpServer((_, response) => response.end('abcdef'));
    expect(await transport({ maxResponseBytes }).post(url)).toMatchObject({ status: 200, body });
  });
});

describe('AxiosTransport ends an exchange as a whole after timeoutMs', () => {
  /** A server that sends a byte now and then, for ever, so that no single wait is long. */
  const dripping = (beginning: string) =>
    tcpServer((socket) => {
      socket.write(beginning);
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('close', () => clearInterval(timer));
    });

  it.each([
    ['never answers', 'headers_timeout', () => tcpServer(() => undefined)],
    ['drips headers', 'headers_timeout', () => dripping('HTTP/1.1 200 OK\r\nx-slow: ')],
    ['drips a body', 'timeout', () => dripping('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n')],
  ])('with a server that %s (%s), and closes the connection', async (_, reason, serve) => {
    const { url, closed } = await serve();
    await expect(transport({ timeoutMs: 200, maxResponseBytes: 1_000_000 }).post(url)).rejects.toMatchObject({
      name: 'TransportError',
      reason,
    });
    expect(closed.length).toBe(1);
    await closed[0];
  });

  it.each([
    ['connectTimeoutMs, TLS included', { connectTimeoutMs: 200, timeoutMs: 120_000 }],
    ['timeoutMs, where that is shorter', { connectTimeoutMs: 120_000, timeoutMs: 200 }],
  ])('and gives up connecting after %s', async (_, timeouts) => {
    const { port } = await tcpServer(() => undefined);
    const sending = transport(timeouts).post(`https://127.0.0.1:${port}/`);
    await expect(sending).rejects.toMatchObject({
      reason: 'connect_timeout',
      message: 'No connection to 127.0.0.1 within 200 ms.',
    });
  });
});

describe('AxiosTransport says why no complete response came:', () => {
  const answering = (text: string) => tcpServer((socket) => socket.end(text));

  it.each([
    ['garbage instead of HTTP', () => answering('SSH-2.0-OpenSSH_9.6\r\n')],
    ['a connection that closes without an answer', () => answering('')],
    ['a body that ends too early', () => answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart')],
    ['headers without end', () => answering(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(100_000)}`)],
    [
      'a reset in mid-response',
      () =>
        tcpServer((socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart', () => socket.resetAndDestroy());
        }),
    ],
  ])('protocol, for %s', async (_, serve) => {
    const { url } = await serve();
    await expect(transport().post(url)).rejects.toMatchObject({ name: 'TransportError', reason: 'protocol' });
  });

  it('connection, where nobody listens', async () => {
    const { url } = await httpServer(() => undefined);
    await toClose.pop()?.();
    await expect(transport().post(url)).rejects.toMatchObject({ reason: 'connection' });
  });

  it('dns, for a name that cannot exist (RFC 6761: .invalid)', async () => {
    await expect(transport().post('http://receiver.invalid/')).rejects.toMatchObject({ reason: 'dns' });
  });

  it('tls, for a port that speaks plain HTTP', async () => {
    const { port } = await httpServer((_, response) => response.end());
    await expect(transport().post(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({ reason: 'tls' });
  });
});

describe('AxiosTransport connects only to addresses that the policy allows:', () => {
  it.each([['127.0.0.1'], ['localhost'], ['[::1]'], ['[::ffff:127.0.0.1]'], ['0x7f.1'], ['0.0.0.0']])(
    'not to %s when private ones are refused',
    async (host) => {
      const { port, sockets } = await httpServer((_, response) => response.end());
      const sending = transport({ addresses: new PublicAddressPolicy() }).post(`http://${host}:${port}/`);
      await expect(sending).rejects.toMatchObject({ name: 'TransportError', reason: 'address_refused' });
      expect(sockets.length).toBe(0);
    },
  );

  it('of a name with several addresses, to those that are allowed', async () => {
    const { port } = await httpServer((_, response) => response.end('ok'));
    const asked: string[] = [];
    class OnlyIpv4 extends WebhookAddressPolicy {
      refusal(address: string): string | null {
        asked.push(address);
        return address === '127.0.0.1' ? null : 'not today';
      }
    }
    expect(await transport({ addresses: new OnlyIpv4() }).post(`http://localhost:${port}/`)).toMatchObject({
      status: 200,
    });
    expect(asked).toContain('127.0.0.1');
  });
});
