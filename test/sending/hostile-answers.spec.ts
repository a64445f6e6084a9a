import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import {
  answering,
  closingAfter,
  dripping,
  HostileReceiver,
  pouring,
  resettingAfter,
  type Behaviour,
} from '../support/hostile-receiver.js';
import { openTransport, type OpenTransport, type TransportSettings } from '../support/hostile-transport.js';
import { useClosing } from '../support/resources.js';

const MIB = 1024 * 1024;
const KEPT_BYTES = 1000;
/** A receiver can send no more than this before it is stopped: it is more than the sockets of both sides buffer. */
const MOST_BUFFERED = 16 * MIB;
/** Time enough for anything here, on a slow machine too. */
const PATIENT: TransportSettings = { timeoutMs: 20_000, maxResponseBytes: KEPT_BYTES };
/** Time enough for a connection and the headers of an answer. */
const HURRIED: TransportSettings = { timeoutMs: 1500, maxResponseBytes: MIB };

const closing = useClosing();

async function facing(
  behaviour: Behaviour,
  settings: TransportSettings = PATIENT,
): Promise<{ receiver: HostileReceiver; transport: OpenTransport }> {
  return {
    receiver: closing(await HostileReceiver.listen(behaviour)),
    transport: closing(openTransport(settings)),
  };
}

const ok = (headers: string, body = '') => `HTTP/1.1 200 OK\r\n${headers}\r\n${body}`;

describe('An attempt fails in time, with its socket closed, at a receiver that', () => {
  it.each<[string, string, Behaviour]>([
    ['never answers', 'headers_timeout', () => undefined],
    ['drips its headers', 'headers_timeout', dripping('HTTP/1.1 200 OK\r\nx-slow: ', 'x')],
    ['drips its body', 'timeout', dripping(ok('content-length: 1000000\r\n'), 'x')],
    ['drips its chunks', 'timeout', dripping(ok('transfer-encoding: chunked\r\n'), '1\r\nx\r\n')],
    ['sends less than its content-length', 'timeout', answering(ok('content-length: 10\r\n', 'short'))],
  ])('%s: %s', async (_, reason, behaviour) => {
    const { receiver, transport } = await facing(behaviour, HURRIED);
    await expect(transport.post(receiver.url)).rejects.toMatchObject({ name: 'TransportError', reason });
    await receiver.allClosed();
    expect(receiver.requests).toBe(1);
  });
});

describe('An attempt fails with a protocol error, its socket closed, at a receiver that', () => {
  it.each<[string, Behaviour]>([
    ['speaks SSH', answering('SSH-2.0-OpenSSH_9.6\r\n')],
    ['sends random bytes', answering(Buffer.from('1603010000ff00fe0a0d0a0d', 'hex'))],
    ['sends a status that is no number', answering('HTTP/1.1 abc OK\r\n\r\n')],
    ['sends a status of four digits', answering('HTTP/1.1 2000 OK\r\n\r\n')],
    ['speaks another version of HTTP', answering('HTTP/9.9 200 OK\r\n\r\n')],
    ['has a NUL in its headers', answering(ok('x-a: b\0c\r\ncontent-length: 0\r\n'))],
    ['has a space in a header name', answering(ok('x a: b\r\ncontent-length: 0\r\n'))],
    ['has two content-lengths', answering(ok('content-length: 2\r\ncontent-length: 3\r\n', 'abc'))],
    [
      'has content-length beside chunks',
      answering(ok('content-length: 2\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n')),
    ],
    ['sends a garbage chunk size', answering(ok('transfer-encoding: chunked\r\n', 'zz\r\nhello\r\n'))],
    ['sends a chunk longer than it says', answering(ok('transfer-encoding: chunked\r\n', '1\r\nhello\r\n0\r\n\r\n'))],
    ['switches protocols unasked', answering('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')],
    ['says 100 unasked', answering(`HTTP/1.1 100 Continue\r\n\r\n${ok('content-length: 0\r\n')}`)],
    ['closes without an answer', closingAfter('')],
    ['closes in its headers', closingAfter('HTTP/1.1 200 OK\r\nx-a: ')],
    ['closes before its content-length', closingAfter(ok('content-length: 10\r\n', 'short'))],
    ['closes before its last chunk', closingAfter(ok('transfer-encoding: chunked\r\n', '5\r\nhello\r\n'))],
    ['resets without an answer', resettingAfter('')],
    ['resets in its headers', resettingAfter('HTTP/1.1 200 OK\r\nx-a: ')],
    ['resets in its body', resettingAfter(ok('content-length: 10\r\n', 'short'))],
  ])('%s', async (_, behaviour) => {
    const { receiver, transport } = await facing(behaviour);
    await expect(transport.post(receiver.url)).rejects.toMatchObject({ name: 'TransportError', reason: 'protocol' });
    await receiver.allClosed();
    expect(receiver.requests).toBe(1);
  });

  it.each<[string, Behaviour]>([
    ['pours one header', pouring('HTTP/1.1 200 OK\r\nx-long: ', 'x'.repeat(65_536), 100 * MIB)],
    ['pours many headers', pouring('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(8192), 100 * MIB)],
    ['pours trailers', pouring(ok('transfer-encoding: chunked\r\n', '0\r\n'), 'x-a: b\r\n'.repeat(8192), 100 * MIB)],
  ])('%s of 100 MiB, of which only a little is taken', async (_, behaviour) => {
    const { receiver, transport } = await facing(behaviour);
    await expect(transport.post(receiver.url)).rejects.toMatchObject({ reason: 'protocol' });
    await receiver.allClosed();
    expect(receiver.sent).toBeLessThan(MOST_BUFFERED);
  });
});

describe('An attempt reads the beginning of the body, and no more, of a receiver that', () => {
  it.each<[string, Behaviour]>([
    ['pours 100 MiB', pouring(ok(`content-length: ${100 * MIB}\r\n`), 'x'.repeat(65_536), 100 * MIB)],
    ['never ends, with chunks', pouring(ok('transfer-encoding: chunked\r\n'), `10000\r\n${'x'.repeat(65_536)}\r\n`)],
    ['never ends, without a length', pouring(ok(''), 'x'.repeat(65_536))],
  ])('%s', async (_, behaviour) => {
    const { receiver, transport } = await facing(behaviour);
    expect(await transport.post(receiver.url)).toMatchObject({ status: 200, body: 'x'.repeat(KEPT_BYTES) });
    await receiver.allClosed();
    expect(receiver.sent).toBeLessThan(MOST_BUFFERED);
  });

  it('sends 100 MiB of zeros as 100 KiB of gzip, which are not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * MIB));
    const head = ok(`content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n`);
    const { receiver, transport } = await facing(answering(Buffer.concat([Buffer.from(head), bomb])));
    const { body } = await transport.post(receiver.url);
    expect(body).toBe(bomb.subarray(0, KEPT_BYTES).toString('utf8'));
  });

  it.each(['br', 'zstd', 'no-such-coding'])('says that its body is %s, which is taken as it came', async (coding) => {
    const { receiver, transport } = await facing(
      answering(ok(`content-encoding: ${coding}\r\ncontent-length: 5\r\n`, 'plain')),
    );
    expect(await transport.post(receiver.url)).toMatchObject({ status: 200, body: 'plain' });
  });
});

describe('An answer that is odd but valid is accepted:', () => {
  it.each<[string, Behaviour, object]>([
    [
      '102 and 103 come first',
      answering(`HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: a\r\n\r\n${ok('content-length: 2\r\n', 'ok')}`),
      { status: 200, body: 'ok' },
    ],
    ['HTTP/1.0', closingAfter('HTTP/1.0 200 OK\r\n\r\nuntil the end'), { status: 200, body: 'until the end' }],
    ['no reason phrase', answering('HTTP/1.1 202\r\ncontent-length: 0\r\n\r\n'), { status: 202, body: '' }],
    ['no header at all', closingAfter('HTTP/1.1 200 OK\r\n\r\n'), { status: 200, body: '' }],
    [
      'more than its content-length',
      answering(ok('content-length: 2\r\n', 'ok and more')),
      { status: 200, body: 'ok' },
    ],
    [
      'NUL and bytes that are no UTF-8',
      answering(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na\0\xff\xfe', 'latin1')),
      { status: 200, body: 'a\0\ufffd\ufffd' },
    ],
    ['a status of its own', answering('HTTP/1.1 799 Odd\r\ncontent-length: 0\r\n\r\n'), { status: 799 }],
    [
      'headers named as an object has them',
      answering(ok('constructor: a\r\n__proto__: b\r\ntoString: c\r\ncontent-length: 0\r\n')),
      { status: 200 },
    ],
    [
      'headers named as axios has its methods',
      answering(ok('normalize: a\r\nset: b\r\nget: c\r\ncontent-length: 0\r\n')),
      { status: 200 },
    ],
    [
      'Retry-After',
      answering('HTTP/1.1 503 No\r\nRETRY-AFTER: 120\r\ncontent-length: 0\r\n\r\n'),
      { status: 503, headers: { 'retry-after': '120' } },
    ],
  ])('%s', async (_, behaviour, expected) => {
    const { receiver, transport } = await facing(behaviour);
    expect(await transport.post(receiver.url)).toMatchObject(expected);
    expect(receiver.requests).toBe(1);
  });

  it.each([301, 302, 303, 307, 308])('a redirect (%i), which is not followed', async (status) => {
    const elsewhere = closing(await HostileReceiver.listen(answering(ok('content-length: 0\r\n'))));
    const { receiver, transport } = await facing((socket, number) =>
      answering(
        `HTTP/1.1 ${status} Elsewhere\r\nlocation: ${number === 1 ? elsewhere.url : '/hook'}\r\ncontent-length: 0\r\n\r\n`,
      )(socket, number),
    );
    expect(await transport.post(receiver.url)).toMatchObject({ status, headers: { location: elsewhere.url } });
    expect(await transport.post(receiver.url)).toMatchObject({ status });
    expect(receiver.requests).toBe(2);
    expect(elsewhere.connections).toBe(0);
  });
});
