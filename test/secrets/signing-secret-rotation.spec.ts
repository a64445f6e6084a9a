import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { InvalidOverlapError, WebhooksClock, type Webhook } from 'nestjs-octo-webhooks';
import { Webhook as Verifier } from 'standardwebhooks';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { Receiver, type ReceivedRequest } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, startTestHost, type RunningHost } from '../support/test-host.js';

const HOUR = 3_600_000;

class MovableClock extends WebhooksClock {
  private aheadMs = 0;

  now(): number {
    return Date.now() + this.aheadMs;
  }

  advance(ms: number): void {
    this.aheadMs += ms;
  }
}

function verifies(secret: string, { raw, headers }: ReceivedRequest): boolean {
  // verify() would compare the timestamp with the real time, from which the test's clock is apart.
  const timestamp = new Date(Number(headers['webhook-timestamp']) * 1000);
  const expected = new Verifier(secret).sign(String(headers['webhook-id']), timestamp, raw.toString());
  return String(headers['webhook-signature']).split(' ').includes(expected);
}

describeOnServers('Rotation of a signing secret', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Receiver;
  let clock: MovableClock;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    clock = new MovableClock();
    receiver = await Receiver.listen();
    host = await startTestHost(
      database.url,
      { encryption: { keys: [{ id: 'k1', key: Buffer.alloc(32) }] } },
      undefined,
      {
        extras: { clock: { useValue: clock } },
      },
    );
  });
  afterEach(async () => {
    await host.close();
    await receiver.close();
  });

  /** Subscribes connection A with a secret of the host's. */
  const create = (secret: string): Promise<Webhook> =>
    host.webhooks.create(CONNECTIONS.a, { event: 'booking_update', url: receiver.url(), secret }, []);

  /** One delivery, as it came in. */
  async function delivered(uuid: string): Promise<ReceivedRequest> {
    const before = receiver.requests.length;
    await host.emitter.emit(bookingChange(uuid, null, 'CONFIRMED'));
    const request = (await receiver.received(before + 1))[before];
    if (request === undefined) throw new Error('No request came.');
    return request;
  }

  it('gives a random secret, and both sign for a day by default', async () => {
    const { id, secret } = await host.subscribe({ url: receiver.url() });
    const rotated = await host.webhooks.rotateSigningSecret(CONNECTIONS.a, id);
    expect(rotated).not.toBe(secret);
    const during = await host.webhooks.get(CONNECTIONS.a, id);
    expect(during).toMatchObject({ secret: rotated, secrets: [{ secret: rotated, expiresAt: null }, { secret }] });
    const request = await delivered('b-1');
    expect([verifies(rotated, request), verifies(secret, request)]).toEqual([true, true]);

    clock.advance(24 * HOUR - 60_000);
    expect((await host.webhooks.get(CONNECTIONS.a, id)).secrets).toHaveLength(2);
    clock.advance(60_000);
    expect((await host.webhooks.get(CONNECTIONS.a, id)).secrets).toEqual([{ secret: rotated, expiresAt: null }]);
    const after = await delivered('b-2');
    expect([verifies(rotated, after), verifies(secret, after)]).toEqual([true, false]);
    await host.webhooks.delete(CONNECTIONS.a, id);
  });

  it('takes the host’s own secret, at creation and at rotation, and an overlap', async () => {
    const [first, second] = [1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`) as [string, string];
    const { id } = await create(first);
    expect(verifies(first, await delivered('b-3'))).toBe(true);
    expect(await host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { secret: second, overlapMs: 0 })).toBe(second);
    const request = await delivered('b-4');
    expect([verifies(second, request), verifies(first, request)]).toEqual([true, false]);
    await host.webhooks.delete(CONNECTIONS.a, id);
  });

  it('is not undone by an update, and lasts over it', async () => {
    const { id, secret } = await host.subscribe({ url: receiver.url() });
    const rotated = await host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { overlapMs: HOUR });
    await host.webhooks.update(CONNECTIONS.a, id, { headers: { 'X-A': 'b' } }, []);
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({ secrets: [{ secret: rotated }, { secret }] });
  });

  it('refuses the webhook of another connection, a malformed secret and a malformed overlap, and changes nothing', async () => {
    const { id, secret } = await host.subscribe({ url: receiver.url() });
    await expect(host.webhooks.rotateSigningSecret(CONNECTIONS.b, id)).rejects.toMatchObject({
      code: 'INVALID_WEBHOOK_ID',
    });
    await expect(host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { secret: 's3cret' })).rejects.toMatchObject({
      name: 'InvalidSigningSecretError',
    });
    await expect(host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { overlapMs: -1 })).rejects.toThrow(
      InvalidOverlapError,
    );
    await expect(create('s3cret')).rejects.toThrow(/^(?!.*s3cret)/);
    expect((await host.webhooks.list(CONNECTIONS.a)).at(-1)).toMatchObject({
      id,
      secrets: [{ secret, expiresAt: null }],
    });
  });
});
