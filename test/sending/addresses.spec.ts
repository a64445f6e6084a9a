import type { LookupAddress } from 'node:dns';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { PublicAddressPolicy, type AddressOptions } from 'nestjs-octo-webhooks';
import { answering, closingAfter, HostileReceiver, type Behaviour } from '../support/hostile-receiver.js';
import { openTransport, type OpenTransport } from '../support/hostile-transport.js';
import { useClosing } from '../support/resources.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
/** The answer of a name server; each text is one address. */
const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const closing = useClosing();

async function receiving(behaviour: Behaviour = answering(OK), address = '127.0.0.1'): Promise<HostileReceiver> {
  return closing(await HostileReceiver.listen(behaviour, { address }));
}

/**
 * A transport whose name server gives these answers, one after the other, and then repeats the last. The receivers of these
 * tests listen on loopback addresses. 127.0.0.1 counts as public here; 127.0.0.2 and ::1 remain private.
 */
function resolving(
  answers: LookupAddress[][],
  options: AddressOptions = { allowAddresses: ['127.0.0.1'] },
): OpenTransport & { asked: string[] } {
  const asked: string[] = [];
  const transport = closing(
    openTransport({
      addresses: new PublicAddressPolicy({ schemes: ['https', 'http'], ...options }),
      lookup: (hostname, _options, callback) => {
        callback(null, answers[Math.min(asked.push(hostname), answers.length) - 1] ?? []);
      },
    }),
  );
  return { ...transport, asked };
}

describe('The address of a connection', () => {
  it('a name that leads to a private address after the first delivery gets no second one', async () => {
    const trap = await receiving(closingAfter(OK), '127.0.0.2');
    const receiver = await receiving(closingAfter('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'));
    const { post, asked } = resolving([at('127.0.0.1'), at('127.0.0.2')]);
    expect(await post(`http://rebound.test:${receiver.port}/`)).toMatchObject({ status: 200 });
    await receiver.allClosed();
    await expect(post(`http://rebound.test:${trap.port}/`)).rejects.toMatchObject({
      reason: 'address_refused',
      message: 'Not called: rebound.test: 127.0.0.2 is not a public address (loopback)',
    });
    expect(asked).toEqual(['rebound.test', 'rebound.test']);
    expect(trap.connections).toBe(0);
  });

  it('a kept connection keeps the address that was checked, whatever its name leads to now', async () => {
    const receiver = await receiving();
    const { post, asked } = resolving([at('127.0.0.1'), at('127.0.0.2')]);
    await post(`http://rebound.test:${receiver.port}/`);
    await setImmediate();
    expect(await post(`http://rebound.test:${receiver.port}/`)).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(1);
    expect(receiver).toMatchObject({ connections: 1, requests: 2 });
  });

  it('the second try after a kept connection broke is checked too', async () => {
    const receiver = await receiving((socket, number) =>
      (number === 1 ? answering(OK) : closingAfter(''))(socket, number),
    );
    const { post } = resolving([at('127.0.0.1'), at('127.0.0.2')]);
    await post(`http://rebound.test:${receiver.port}/`);
    await setImmediate();
    await expect(post(`http://rebound.test:${receiver.port}/`)).rejects.toMatchObject({ reason: 'address_refused' });
  });

  it.each([
    ['IPv6 first', at('::1', '127.0.0.2', '127.0.0.1')],
    ['IPv4 first', at('127.0.0.2', '127.0.0.1', '::1')],
    ['metadata among them', at('169.254.169.254', '127.0.0.1', 'fd00:ec2::254')],
  ])('only the public address of a mixed answer is connected to: %s', async (_, answer) => {
    const receiver = await receiving();
    expect(await resolving([answer]).post(`http://mixed.test:${receiver.port}/`)).toMatchObject({ status: 200 });
    expect(receiver.connections).toBe(1);
  });

  it('the private address of a mixed answer is not connected to when the public one refuses', async () => {
    const trap = await receiving(answering(OK), '127.0.0.2');
    const sending = resolving([at('127.0.0.2', '127.0.0.1')]).post(`http://mixed.test:${trap.port}/`);
    await expect(sending).rejects.toMatchObject({ reason: 'connection' });
    expect(trap.connections).toBe(0);
  });

  it('an answer of private addresses alone is refused, and the error names each of them', async () => {
    await expect(resolving([at('10.0.0.1', '::ffff:10.0.0.2')]).post('http://inside.test/')).rejects.toMatchObject({
      reason: 'address_refused',
      message:
        'Not called: inside.test: 10.0.0.1 is not a public address (private); ' +
        '::ffff:10.0.0.2 is not a public address (private)',
    });
  });
});

describe('A name with several addresses', () => {
  const anywhere: AddressOptions = { allowPrivateAddresses: true };

  it('it is reached if it has only IPv6 addresses', async () => {
    const receiver = await receiving(answering(OK), '::1');
    expect(await resolving([at('::1')], anywhere).post(`http://six.test:${receiver.port}/`)).toMatchObject({
      status: 200,
    });
  });

  it.each([[at('::1', '127.0.0.1')], [at('127.0.0.2', '127.0.0.1')]])(
    'it is reached at the second address when the first refuses: %j',
    async (answer) => {
      const receiver = await receiving();
      expect(await resolving([answer], anywhere).post(`http://two.test:${receiver.port}/`)).toMatchObject({
        status: 200,
      });
    },
  );

  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT', 'EREFUSED'])(
    'a lookup that fails with %s is a failure of DNS',
    async (code) => {
      const transport = closing(
        openTransport({
          lookup: (_hostname, _options, callback) => callback(Object.assign(new Error(code), { code }), []),
        }),
      );
      await expect(transport.post('http://nowhere.test/')).rejects.toMatchObject({ reason: 'dns' });
    },
  );

  it('a name without any address is a failure of DNS', async () => {
    await expect(resolving([[]]).post('http://empty.test/')).rejects.toMatchObject({ reason: 'dns' });
  });
});

describe('The options of the host, at each attempt', () => {
  it('only an allowed host name may lead inside', async () => {
    const receiver = await receiving(answering(OK), '127.0.0.2');
    const { post } = resolving([at('127.0.0.2')], { allowAddresses: ['*.inside.test'] });
    expect(await post(`http://hooks.inside.test:${receiver.port}/`)).toMatchObject({ status: 200 });
    await expect(post(`http://hooks.outside.test:${receiver.port}/`)).rejects.toMatchObject({
      reason: 'address_refused',
    });
    expect(receiver.connections).toBe(1);
  });

  it.each<[string, AddressOptions, string]>([
    ['a scheme', { schemes: ['https'] }, 'http is not among the allowed schemes (https)'],
    ['a port', { ports: [80, 443] }, 'is not among the allowed ports (80, 443)'],
    ['a host', { denyAddresses: ['*.test'] }, 'receiver.test is on the deny list'],
    ['an address', { denyAddresses: ['127.0.0.0/8'] }, '127.0.0.1 is on the deny list'],
  ])('%s that is closed is not called, even if its address is allowed', async (_, options, message) => {
    const receiver = await receiving();
    const { post } = resolving([at('127.0.0.1')], { ...options, allowPrivateAddresses: true });
    await expect(post(`http://receiver.test:${receiver.port}/`)).rejects.toMatchObject({
      reason: 'address_refused',
      message: expect.stringContaining(message),
    });
    expect(receiver.connections).toBe(0);
  });
});
