import { expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, WebhookPayload } from 'nestjs-octo-webhooks';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';
import { LOCAL_REQUESTS } from '../support/local-requests.js';

const tests = (kind: DatabaseKind): void => {
  const receiver = useReceiver();
  const options = { request: LOCAL_REQUESTS, retry: { delaysMs: [50], jitter: 0 } };
  const hosts = useTestHosts(kind, options);

  it('ends with the reason, and the deliveries beside it and behind it are sent', async () => {
    await hosts.start({ dispatch: { enabled: false } });
    await hosts.subscribe({ url: receiver.url() });
    await hosts.emitter.emit(bookingChange('booking-1', null, 'ON_HOLD'));
    await hosts.app.get(FanOut).run();
    await hosts.dataSource.getRepository(WebhookPayload).clear();
    await hosts.emitter.emit(bookingChange('booking-2', null, 'ON_HOLD'));
    await hosts.emitter.emit(bookingChange('booking-1', 'ON_HOLD', 'CONFIRMED'));

    await hosts.restart();
    await receiver.received(2);
    const deliveries = hosts.dataSource.getRepository(WebhookDelivery);
    await waitUntil('the end of the delivery', () => deliveries.existsBy({ status: 'dead' }));
    const { id: deliveryId } = await deliveries.findOneByOrFail({ status: 'dead' });
    const failure = { failure: 'payload', failureMessage: expect.stringMatching(/^The payload [\w-]+ is missing\.$/) };
    const failed = await hosts.dataSource.getRepository(WebhookAttempt).findBy({ deliveryId });
    expect(failed).toEqual([expect.objectContaining(failure), expect.objectContaining(failure)]);
    expect(receiver.requests.map(({ body }) => body.booking?.['status']).sort()).toEqual(['CONFIRMED', 'ON_HOLD']);
  });
};

describeOnDatabases('A delivery whose payload was removed by hand', tests, SERVER_KINDS);
