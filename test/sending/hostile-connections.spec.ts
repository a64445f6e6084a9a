import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EXPIRED, PRIVATE_KEY, SELF_SIGNED, VALID } from '../support/hostile-certificates.js';
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

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const closing = useClosing();

async function receiving(behaviour: Behaviour, cert?: string): Promise<HostileReceiver> {
  const settings = cert === undefined ? {} : { certificate: { key: PRIVATE_KEY, cert } };
  return closing(await HostileReceiver.listen(behaviour, settings));
}

function transport(settings: TransportSettings = {}): OpenTransport {
  return closing(
    openTransport({
      // Every name resolves to this receiver.
      lookup: (_hostname, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
      ...settings,
    }),
  );
}

describe('Over TLS', () => {
  const trusting: TransportSettings = { ca: [SELF_SIGNED] };

  it('a receiver with a certificate for its name is delivered to', async () => {
    const receiver = await receiving(answering(OK), VALID);
    expect(await transport(trusting).post(`https://receiver.test:${receiver.port}/`)).toMatchObject({ status: 200 });
  });

  it.each<[string, string, string, TransportSettings]>([
    ['that nobody trusts', VALID, 'receiver.test', {}],
    ['that it signed itself', SELF_SIGNED, 'receiver.test', {}],
    ['that has expired', EXPIRED, 'receiver.test', trusting],
    ['of another host', VALID, 'other.test', trusting],
    ['of a name, where the URL has an address', VALID, '127.0.0.1', trusting],
  ])('a certificate %s is refused, and nothing is sent', async (_, cert, host, settings) => {
    const receiver = await receiving(answering(OK), cert);
    const sending = transport(settings).post(`https://${host}:${receiver.port}/`);
    await expect(sending).rejects.toMatchObject({ name: 'TransportError', reason: 'tls' });
    await receiver.allClosed();
    expect(receiver.requests).toBe(0);
  });
});

describe('With NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  beforeEach(() => void (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'));
  afterEach(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);

  it('a certificate that nobody trusts is refused all the same', async () => {
    const receiver = await receiving(answering(OK), VALID);
    await expect(transport().post(`https://receiver.test:${receiver.port}/`)).rejects.toMatchObject({ reason: 'tls' });
    expect(receiver.requests).toBe(0);
  });
});

describe('Connecting ends after connectTimeoutMs', () => {
  it('when the TLS handshake never ends', async () => {
    const receiver = await receiving(() => undefined);
    const sending = transport({ connectTimeoutMs: 200 }).post(`https://receiver.test:${receiver.port}/`);
    await expect(sending).rejects.toMatchObject({ reason: 'connect_timeout' });
    await receiver.allClosed();
  });

  it('when the name is never resolved', async () => {
    const sending = transport({ connectTimeoutMs: 200, lookup: () => undefined }).post('http://receiver.test/');
    await expect(sending).rejects.toMatchObject({
      reason: 'connect_timeout',
      message: 'No connection to receiver.test within 200 ms.',
    });
  });

  it('and not only at the next tick of a coarse clock', async () => {
    const { post } = transport({ connectTimeoutMs: 20, lookup: () => undefined });
    let ended = false;
    const posting = post('http://receiver.test/').catch(() => (ended = true));
    // Many short waits, because each lets all due work run: a machine that stalls for a while does not matter then.
    for (let waits = 0; waits < 40 && !ended; waits += 1) await sleep(10);
    expect(ended).toBe(true);
    await posting;
  });
});

describe('A kept connection', () => {
  /** undici gives a kept connection a turn of the event loop to show that it is still alive. */
  async function postTwice(receiver: HostileReceiver, settings?: TransportSettings) {
    const { post } = transport(settings);
    const first = await post(receiver.url);
    await setImmediate();
    return { first, second: await post(receiver.url) };
  }

  it.each([
    ['closed', closingAfter('')],
    ['reset', resettingAfter('')],
  ])('when it is %s instead of an answer, the attempt goes on over a new one', async (_, end) => {
    const receiver = await receiving((socket, number) => (number === 1 ? answering(OK) : end)(socket, number));
    expect(await postTwice(receiver)).toMatchObject({ second: { status: 200, body: 'ok' } });
    expect(receiver).toMatchObject({ connections: 2, requests: 3 });
  });

  it('a receiver that closes the new one too has failed', async () => {
    const receiver = await receiving((socket, number) => {
      const end = number === 1 && receiver.requests === 1 ? answering(OK) : closingAfter('');
      end(socket, number);
    });
    await expect(postTwice(receiver)).rejects.toMatchObject({ reason: 'protocol' });
    expect(receiver).toMatchObject({ connections: 2, requests: 3 });
    await receiver.allClosed();
  });

  it.each([
    ['breaks in the body', resettingAfter('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort'), 'protocol'],
    ['never brings an answer', () => undefined, 'headers_timeout'],
  ])('when it %s, the attempt has failed', async (_, end, reason) => {
    const receiver = await receiving((socket, number) => (number === 1 ? answering(OK) : end)(socket, number));
    await expect(postTwice(receiver, { timeoutMs: 2500 })).rejects.toMatchObject({ reason });
    expect(receiver.requests).toBe(2);
  });

  it('bytes that nobody asked for are not taken for the answer to the next request', async () => {
    const forged = 'HTTP/1.1 204 Forged\r\n\r\n';
    const receiver = await receiving((socket, number) => answering(number === 1 ? OK + forged : OK)(socket, number));
    expect(await postTwice(receiver)).toMatchObject({ second: { status: 200, body: 'ok' } });
  });
});

it('hundreds of bad receivers leave no socket open', async () => {
  const behaviours: Behaviour[] = [
    () => undefined,
    dripping('HTTP/1.1 200 OK\r\nx-slow: ', 'x'),
    dripping('HTTP/1.1 200 OK\r\n\r\n', 'x'),
    pouring('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(4096), 262_144),
    pouring('HTTP/1.1 200 OK\r\n', 'x-a: b\r\n'.repeat(512), 262_144),
    answering('garbage\r\n\r\n'),
    answering('HTTP/1.1 100 Continue\r\n\r\n'),
    closingAfter(''),
    resettingAfter(''),
    resettingAfter('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort'),
  ];
  const receivers = await Promise.all(behaviours.map((behaviour) => receiving(behaviour)));
  const { post } = transport({ timeoutMs: 200 });
  let most = 0;
  for (let round = 0; round < 10; round += 1) {
    const attempts = receivers.flatMap(({ url }) => [post(url), post(url), post(url)]);
    await Promise.allSettled(attempts);
    most = Math.max(most, ...receivers.map((receiver) => receiver.open));
  }
  for (const receiver of receivers) {
    await receiver.allClosed();
    // An attempt sends its request once. Only on a connection that was idle may it send it twice.
    expect(receiver.requests).toBeLessThanOrEqual(2 * 30);
    expect(receiver.connections).toBeGreaterThan(15);
  }
  // Three requests are under way, and connections of a few rounds may still be closing, but not those of all ten.
  expect(most).toBeLessThanOrEqual(15);
});
