import { expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import { OctoClient } from '../support/octo-client.js';
import { useReceiver } from '../support/receiver.js';

describeOnDatabases(
  "The README's host",
  (kind) => {
    const database = useTestDatabase(kind);
    const receiver = useReceiver();

    it('delivers a confirmed booking to a subscribed partner', async () => {
      process.env['DATABASE_URL'] = database.url;
      const { AppModule, BookingsService } = await import('./samples/host.js');
      const { Booking } = await import('./samples/your-platform.js');
      const { WebhookAddressPolicy } = await import('nestjs-octo-webhooks');
      const testing = await Test.createTestingModule({ imports: [AppModule] })
        // The receiver of this test is on this machine, where the sample rightly refuses to go.
        .overrideProvider(WebhookAddressPolicy)
        .useValue({ refusal: () => null, urlRefusal: () => null })
        .compile();
      const app = testing.createNestApplication({ logger: ['fatal'] });
      await app.listen(0);

      const partner = new OctoClient(`${await app.getUrl()}/octo`, 'key-1', 'octo/webhooks, octo/pricing');
      await partner.post('/webhooks', { event: 'booking_update', url: receiver.url() });
      const booking = { uuid: 'b-1', supplierId: 'supplier-1', connectionId: 'connection-1', status: 'ON_HOLD' };
      await app.get(DataSource).getRepository(Booking).insert(booking);
      await app.get(BookingsService).confirm('b-1');

      const [request] = await receiver.received(1);
      expect(request?.body).toMatchObject({
        event: 'booking_update',
        supplier: { id: 'supplier-1' },
        booking: { uuid: 'b-1', status: 'CONFIRMED', pricing: { retail: 2000 } },
        diff: [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }],
      });
      await app.close();
    });
  },
  ['MariaDB'],
);
