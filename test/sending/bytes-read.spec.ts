import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { PRIVATE_KEY, SELF_SIGNED, VALID } from '../support/hostile-certificates.js';
import { answering, dripping, HostileReceiver, pouring, type Behaviour } from '../support/hostile-receiver.js';
import { openTransport, type OpenTransport, type TransportSettings } from '../support/hostile-transport.js';
import { useClosing } from '../support/resources.js';

const MIB = 1024 * 1024;
const KEPT_BYTES = 1000;
/** A receiver can send no more than this before it is stopped: it is more than the sockets of both sides buffer. */
const MOST_BUFFERED = 16 * MIB;
/** Time enough for gigabytes, if there were no limit. */
const PATIENT: TransportSettings = { timeoutMs: 20_000, maxResponseBytes: KEPT_BYTES };

/** Every name resolves to the receiver's host. */
const toLoopback: TransportSettings['lookup'] = (_hostname, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

const closing = useClosing();

async function facing(behaviour: Behaviour): Promise<{ receiver: HostileReceiver; transport: OpenTransport }> {
  return {
    receiver: closing(await HostileReceiver.listen(behaviour)),
    transport: closing(openTransport(PATIENT)),
  };
}

const ok = (headers: string, body = '') => `HTTP/1.1 200 OK\r\n${headers}\r\n${body}`;

describe('An attempt fails with its socket closed, and little is read, at a receiver that never ends', () => {
  const LIMIT = `Aborted: more than ${16_384 + KEPT_BYTES + 65_536} bytes came, and the response had not ended.`;
  const INTERIM = 'Aborted: more than 16 interim responses (status 1xx) came before the response.';
  const chunked = ok('transfer-encoding: chunked\r\n');
  const long = 'x'.repeat(65_536);
  const cases: [string, string, Behaviour][] = [
    ['its reason phrase', LIMIT, pouring('HTTP/1.1 200 ', long)],
    ['the extension of a chunk', LIMIT, pouring(`${chunked}1;`, long)],
    ['chunks of one byte with extensions', LIMIT, pouring(chunked, `1;${'a'.repeat(4096)}\r\nx\r\n`)],
    ['the reason phrase of an interim response', LIMIT, pouring('HTTP/1.1 103 ', long)],
    ['saying 102', INTERIM, pouring('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000))],
    ['saying 102 now and then', INTERIM, dripping('', 'HTTP/1.1 102 Processing\r\n\r\n')],
    ['saying 103 with headers', INTERIM, pouring('', 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'.repeat(1000))],
  ];

  it.each(cases)('%s', async (_, message, behaviour) => {
    const { receiver, transport } = await facing(behaviour);
    await expect(transport.post(receiver.url)).rejects.toMatchObject({ reason: 'protocol', message });
    await receiver.allClosed();
    expect(receiver.sent).toBeLessThan(MOST_BUFFERED);
    expect(receiver.requests).toBe(1);
  });

  it.each(cases)('%s, on a kept connection too', async (_, message, behaviour) => {
    const { receiver, transport } = await facing((socket, number) =>
      (number === 1 ? answering(ok('content-length: 0\r\n')) : behaviour)(socket, number),
    );
    await transport.post(receiver.url);
    await setImmediate();
    await expect(transport.post(receiver.url)).rejects.toMatchObject({ reason: 'protocol', message });
    await receiver.allClosed();
    expect(receiver.sent).toBeLessThan(MOST_BUFFERED);
    expect(receiver.requests).toBe(2);
  });

  it.each(cases)('%s, over TLS', async (_, message, behaviour) => {
    const certificate = { key: PRIVATE_KEY, cert: VALID };
    const receiver = closing(await HostileReceiver.listen(behaviour, { certificate }));
    const transport = closing(openTransport({ ...PATIENT, ca: [SELF_SIGNED], lookup: toLoopback }));
    const sending = transport.post(`https://receiver.test:${receiver.port}/`);
    await expect(sending).rejects.toMatchObject({ reason: 'protocol', message });
    await receiver.allClosed();
    expect(receiver.sent).toBeLessThan(MOST_BUFFERED);
  });
});

describe('The limit of bytes leaves alone a receiver that', () => {
  const body = 'x'.repeat(KEPT_BYTES);

  it('answers in chunks of one byte with short extensions', async () => {
    const chunks = '1;a=b\r\nx\r\n'.repeat(KEPT_BYTES);
    const { receiver, transport } = await facing(answering(ok('transfer-encoding: chunked\r\n', `${chunks}0\r\n\r\n`)));
    expect(await transport.post(receiver.url)).toMatchObject({ status: 200, body });
  });

  it('says 16 times that it is still working', async () => {
    const interim = 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(16);
    const { receiver, transport } = await facing(answering(interim + ok('content-length: 2\r\n', 'ok')));
    expect(await transport.post(receiver.url)).toMatchObject({ status: 200, body: 'ok' });
  });

  it('answers hundreds of requests on one connection, each with much', async () => {
    const { receiver, transport } = await facing(
      answering(ok(`x-long: ${'y'.repeat(8000)}\r\ncontent-length: ${KEPT_BYTES}\r\n`, body)),
    );
    for (let sent = 0; sent < 100; sent += 1) {
      expect(await transport.post(receiver.url)).toMatchObject({ status: 200, body });
      await setImmediate();
    }
    expect(receiver.connections).toBe(1);
  });
});
