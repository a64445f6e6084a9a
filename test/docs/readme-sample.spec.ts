import { afterEach, expect, it } from '@jest/globals';
import { OctoClient } from '../support/octo-client.js';
import { startProcess, type PlatformProcess } from '../support/platform-process.js';
import { useReceiver } from '../support/receiver.js';

const receiver = useReceiver();
let minimal: PlatformProcess;
afterEach(() => minimal.kill());

it("the README's host runs, and delivers a confirmed booking to a partner that has subscribed", async () => {
  minimal = startProcess('apps/minimal/dist/main.js', { PORT: '0' });
  const url = await minimal.says(/Change: +curl -X POST (http:\S+)\/bookings\/b-1\/confirm/);
  const partner = new OctoClient(`${url}/octo`, 'key-1', 'octo/webhooks, octo/pricing');
  const { status } = await partner.post('/webhooks', { event: 'booking_update', url: receiver.url() });
  expect(status).toBe(200);
  expect((await fetch(`${url}/bookings/b-1/confirm`, { method: 'POST' })).status).toBe(201);

  const [request] = await receiver.received(1);
  expect(request?.body).toMatchObject({
    event: 'booking_update',
    supplier: { id: 'supplier-1' },
    booking: { uuid: 'b-1', status: 'CONFIRMED', pricing: { retail: 2000 } },
    diff: [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }],
  });
});
