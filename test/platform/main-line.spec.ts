import { expect, it } from '@jest/globals';
import { SIGNING_SECRET_HEADER, type OctoWebhook } from 'nestjs-octo-webhooks';
import { Webhook as Verifier } from 'standardwebhooks';
import { describeOnDatabases } from '../support/each-database.js';
import { everythingSent } from '../support/outbox-state.js';
import { reserve, usePlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';

describeOnDatabases('The main job of the library', (kind) => {
  const platform = usePlatform(kind);
  const receiver = useReceiver('group');
  const resellerA = platform.client('key-reseller-a');

  it('when a booking is reserved, confirmed and cancelled, each change arrives at its partner, signed and with its diff', async () => {
    const created = await resellerA.post<OctoWebhook>('/webhooks', {
      event: 'booking_update',
      url: receiver.url(),
      headers: { 'X-Partner': 'a' },
    });
    expect(created.status).toBe(200);

    const uuid = await reserve(resellerA);
    await receiver.received(1);
    await resellerA.post(`/bookings/${uuid}/confirm`, { contact: { emailAddress: 'jane@example.com' } });
    await receiver.received(2);
    const cancelled = await resellerA.post<Record<string, unknown>>(`/bookings/${uuid}/cancel`);
    const [first, second, third] = await receiver.received(3);

    const changeOfStatus = (request = first) => request?.body.diff?.filter(({ path }) => path === '/status');
    expect(first?.body).toMatchObject({ event: 'booking_update', booking: { uuid, status: 'ON_HOLD' }, diff: [] });
    expect(changeOfStatus(second)).toEqual([{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }]);
    expect(changeOfStatus(third)).toEqual([{ op: 'replace', path: '/status', was: 'CONFIRMED', value: 'CANCELLED' }]);
    expect(third?.body.booking).toEqual(cancelled.body);
    expect(third?.body.webhook).toEqual(created.body);

    const verifier = new Verifier(created.headers.get(SIGNING_SECRET_HEADER) ?? '');
    for (const { raw, headers } of receiver.requests) {
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-partner': 'a' });
      expect(() => verifier.verify(raw, headers as Record<string, string>)).not.toThrow();
    }
  });

  it('the bookings of others do not arrive', async () => {
    const before = receiver.requests.length;
    await reserve(platform.client('key-reseller-b'));
    const uuid = await reserve(resellerA);
    await everythingSent(platform.dataSource.manager);
    expect(receiver.requests.slice(before).map(({ body }) => body.booking?.['uuid'])).toEqual([uuid]);
  });
});
