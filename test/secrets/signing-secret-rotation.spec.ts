import { randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from '@jest/globals';
import { InvalidOverlapError, type Webhook } from 'nestjs-octo-webhooks';
import { Webhook as Verifier } from 'standardwebhooks';
import { describeOnServers, useTestDatabase } from '../support/each-database.js';
import { useReceiver, type ReceivedRequest } from '../support/receiver.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

const HOUR = 3_600_000;

function verifies(secret: string, { raw, headers }: ReceivedRequest): boolean {
  // verify() would compare the timestamp with the real time, and not with the clock of the test.
  const timestamp = new Date(Number(headers['webhook-timestamp']) * 1000);
  const expected = new Verifier(secret).sign(String(headers['webhook-id']), timestamp, raw.toString());
  return String(headers['webhook-signature']).split(' ').includes(expected);
}

describeOnServers('Rotation of a signing secret', (kind) => {
  const clock = new TestClock();
  const receiver = useReceiver();
  const host = useTestHost(
    useTestDatabase(kind),
    { encryption: { keys: [{ id: 'k1', key: Buffer.alloc(32) }] } },
    { per: 'test', extras: { clock: { useValue: clock } } },
  );
  beforeEach(() => clock.reset());

  /** Subscribes connection A with a secret that the host chooses. */
  const create = (signingSecret: string): Promise<Webhook> =>
    host.webhooks.create(CONNECTIONS.a, { event: 'booking_update', url: receiver.url(), signingSecret }, []);

  /** One delivery, as it came in. */
  async function delivered(uuid: string): Promise<ReceivedRequest> {
    const before = receiver.requests.length;
    await host.emitter.emit(bookingChange(uuid, null, 'CONFIRMED'));
    const request = (await receiver.received(before + 1))[before];
    if (request === undefined) throw new Error('No request came.');
    return request;
  }

  it('without a secret of the host, a random one is made, and both sign for a day', async () => {
    const { id, signingSecret: first } = await host.subscribe({ url: receiver.url() });
    const rotated = await host.webhooks.rotateSigningSecret(CONNECTIONS.a, id);
    expect(rotated).not.toBe(first);
    const during = await host.webhooks.get(CONNECTIONS.a, id);
    expect(during).toMatchObject({
      signingSecret: rotated,
      signingSecrets: [{ secret: rotated, expiresAt: null }, { secret: first }],
    });
    const request = await delivered('b-1');
    expect([verifies(rotated, request), verifies(first, request)]).toEqual([true, true]);

    clock.advance(24 * HOUR - 60_000);
    expect((await host.webhooks.get(CONNECTIONS.a, id)).signingSecrets).toHaveLength(2);
    clock.advance(60_000);
    expect((await host.webhooks.get(CONNECTIONS.a, id)).signingSecrets).toEqual([{ secret: rotated, expiresAt: null }]);
    const after = await delivered('b-2');
    expect([verifies(rotated, after), verifies(first, after)]).toEqual([true, false]);
    await host.webhooks.delete(CONNECTIONS.a, id);
  });

  it('the host may give the secret, at creation and at rotation, and an overlap', async () => {
    const [first, second] = [1, 2].map(() => `whsec_${randomBytes(32).toString('base64')}`) as [string, string];
    const { id } = await create(first);
    expect(verifies(first, await delivered('b-3'))).toBe(true);
    expect(await host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { signingSecret: second, overlapMs: 0 })).toBe(
      second,
    );
    const request = await delivered('b-4');
    expect([verifies(second, request), verifies(first, request)]).toEqual([true, false]);
    await host.webhooks.delete(CONNECTIONS.a, id);
  });

  it('an update neither undoes nor ends it', async () => {
    const { id, signingSecret: first } = await host.subscribe({ url: receiver.url() });
    const rotated = await host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { overlapMs: HOUR });
    await host.webhooks.update(CONNECTIONS.a, id, { headers: { 'X-A': 'b' } }, []);
    expect(await host.webhooks.get(CONNECTIONS.a, id)).toMatchObject({
      signingSecrets: [{ secret: rotated }, { secret: first }],
    });
  });

  it('the webhook of another connection, a malformed secret or a malformed overlap is refused, and nothing changes', async () => {
    const { id, signingSecret: first } = await host.subscribe({ url: receiver.url() });
    await expect(host.webhooks.rotateSigningSecret(CONNECTIONS.b, id)).rejects.toMatchObject({
      code: 'INVALID_WEBHOOK_ID',
    });
    await expect(
      host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { signingSecret: 's3cret' }),
    ).rejects.toMatchObject({
      name: 'InvalidSigningSecretError',
    });
    await expect(host.webhooks.rotateSigningSecret(CONNECTIONS.a, id, { overlapMs: -1 })).rejects.toThrow(
      InvalidOverlapError,
    );
    await expect(create('s3cret')).rejects.toThrow(/^(?!.*s3cret)/);
    expect((await host.webhooks.list(CONNECTIONS.a)).at(-1)).toMatchObject({
      id,
      signingSecrets: [{ secret: first, expiresAt: null }],
    });
  });
});
