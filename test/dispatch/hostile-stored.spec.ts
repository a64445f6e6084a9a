import { expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, type WebhooksRequestOptions } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { answering, HostileReceiver, pouring, resettingAfter, type Behaviour } from '../support/hostile-receiver.js';
import { useResource } from '../support/resources.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const CLOSED_PORT = 1;

/** Of all private hosts only `localhost` may be called, and one port is forbidden. */
const REQUEST: WebhooksRequestOptions = {
  allowAddresses: ['localhost'],
  denyAddresses: ['denied.example'],
  schemes: ['http'],
  ports: Array.from({ length: 65_535 }, (_, index) => index + 1).filter((port) => port !== CLOSED_PORT),
  timeoutMs: 5000,
};

describeOnServers('A hostile answer', (kind) => {
  const host = useTestHost(kind, { request: REQUEST });
  let behaviour: Behaviour = () => undefined;
  let receiver: HostileReceiver;
  useResource('group', async () => {
    receiver = await HostileReceiver.listen((socket, number) => behaviour(socket, number));
    return () => receiver.close();
  });

  /** The one attempt at a delivery to a URL. */
  async function attemptAt(url: string): Promise<WebhookAttempt | null> {
    const webhook = await host.subscribe({ url, retryOnError: false });
    await host.emitter.emit(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'));
    const deliveries = host.dataSource.getRepository(WebhookDelivery);
    const settled = () => deliveries.existsBy({ webhookId: webhook.id, attempts: 1 });
    await waitUntil('the delivery to be settled', settled);
    const delivery = await deliveries.findOneByOrFail({ webhookId: webhook.id });
    await host.webhooks.delete(CONNECTIONS.a, webhook.id);
    return host.dataSource.getRepository(WebhookAttempt).findOneBy({ deliveryId: delivery.id });
  }

  const here = () => `http://localhost:${receiver.port}/hook`;

  it.each([
    ['delivered', 200, null],
    ['failed', 500, 'http_status'],
  ])('bytes that are no text are stored, and the attempt counts as %s', async (_, status, failure) => {
    const bytes = Buffer.from(`HTTP/1.1 ${status} X\r\ncontent-length: 9\r\n\r\na\0b\xff\xfe\xf0\x9f\x98z`, 'latin1');
    behaviour = answering(bytes);
    const attempt = await attemptAt(here());
    expect(attempt).toMatchObject({ responseStatus: status, failure });
    expect(attempt?.responseBody).toMatch(/^a.*b.*z$/su);
  });

  it('an answer cannot move the cursor, or reverse the text, of whoever reads it', async () => {
    const body = 'a\u001B[2Jb\u202Ec\r\n\td';
    const length = Buffer.byteLength(body);
    behaviour = answering(Buffer.from(`HTTP/1.1 500 X\r\ncontent-length: ${length}\r\n\r\n${body}`));
    expect((await attemptAt(here()))?.responseBody).toBe('a\uFFFD[2Jb\uFFFDc\n\td');
  });

  it.each<[string, Behaviour]>([
    ['a header of 100 MiB', pouring('HTTP/1.1 200 OK\r\nx-long: ', 'x'.repeat(65_536), 100 * 1024 * 1024)],
    ['NUL in a header', answering('HTTP/1.1 200 OK\r\nx-a: b\0c\r\ncontent-length: 0\r\n\r\n')],
    ['bytes that are no HTTP', answering(Buffer.from('\0\xff\xfe\xf0\x9f\r\n\r\n', 'latin1'))],
    ['an end in the middle', resettingAfter('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort')],
  ])('%s is stored as a failed attempt, and the next delivery is sent', async (_, hostile) => {
    behaviour = hostile;
    expect(await attemptAt(here())).toMatchObject({ responseStatus: null, failure: 'protocol' });
    behaviour = answering('HTTP/1.1 204 X\r\n\r\n');
    expect(await attemptAt(here())).toMatchObject({ responseStatus: 204, failure: null });
  });

  it('an answer with odd bytes in its headers is stored', async () => {
    behaviour = answering(
      Buffer.from(
        'HTTP/1.1 302 \xff\xfe\r\nlocation: http://\xf0\x9f\x98\xff/\r\nretry-after: \xff\r\ncontent-length: 0\r\n\r\n',
        'latin1',
      ),
    );
    expect(await attemptAt(here())).toMatchObject({ responseStatus: 302, failure: 'redirect' });
  });

  it('a redirect is stored with the host that it names, and without credentials', async () => {
    behaviour = answering(
      'HTTP/1.1 307 X\r\nlocation: https://user:secret@169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n',
    );
    expect(await attemptAt(here())).toMatchObject({
      responseStatus: 307,
      failure: 'redirect',
      failureMessage: 'Answered with 307, a redirect to 169.254.169.254; redirects are not followed.',
    });
  });

  it.each([
    ['a private address', () => `http://127.0.0.1:${receiver.port}/`, '127.0.0.1 is not a public address (loopback)'],
    ['an address in disguise', () => 'http://0x7f.1/', '127.0.0.1 is not a public address (loopback)'],
    ['a scheme that is closed', () => 'https://example.com/', 'https is not among the allowed schemes (http)'],
    ['a port that is closed', () => `http://localhost:${CLOSED_PORT}/`, `is not among the allowed ports`],
    ['a host that is denied', () => 'http://Denied.Example./', 'denied.example. is on the deny list'],
  ])('%s is never called: no webhook can be created with it or moved to it', async (_, url, problem) => {
    const webhook = await host.subscribe({ url: here() });
    const refusal = { message: expect.stringContaining(problem), code: 'BAD_REQUEST' };
    await expect(host.subscribe({ url: url() })).rejects.toThrow(/^url must lead to an allowed destination: /);
    await expect(host.subscribe({ url: url() })).rejects.toMatchObject(refusal);
    await expect(host.webhooks.update(CONNECTIONS.a, webhook.id, { url: url() }, [])).rejects.toMatchObject(refusal);
    await host.webhooks.delete(CONNECTIONS.a, webhook.id);
  });
});
