import { expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery } from 'nestjs-octo-webhooks';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnDatabases('A delivery that is under way', (kind) => {
  const host = useTestHost(kind, { retention: { settledMs: null, deadMs: null } });
  const receiver = useReceiver();

  it.each([
    ['deleted', (id: string) => host.webhooks.delete(CONNECTIONS.a, id)],
    ['deactivated', (id: string) => host.webhooks.update(CONNECTIONS.a, id, { active: false }, [])],
  ])('when its webhook is %s, it is finished, and what waits behind it is cancelled at once', async (_, end) => {
    receiver.hold();
    const { id } = await host.subscribe({ url: receiver.url() });
    const deliveries = host.dataSource.getRepository(WebhookDelivery);
    const statuses = async (): Promise<string[]> =>
      (await deliveries.find({ where: { webhookId: id }, order: { eventSequence: 'ASC' } })).map(
        ({ status }) => status,
      );
    for (const state of ['first', 'second', 'third']) await host.emitter.emit(bookingChange(id, null, state));
    await receiver.received(1);
    await waitUntil('the others to wait', async () => (await statuses()).length === 3);

    await end(id);
    await waitUntil(
      'what waits to be cancelled',
      async () => (await deliveries.countBy({ status: 'cancelled', webhookId: id })) === 2,
    );
    expect(await statuses()).toEqual(['pending', 'cancelled', 'cancelled']);
    receiver.release();
    await waitUntil('the first to be settled', async () => (await statuses())[0] !== 'pending');
    expect(await statuses()).toEqual(['delivered', 'cancelled', 'cancelled']);
    const delivered = await deliveries.findOneByOrFail({ webhookId: id, status: 'delivered' });
    expect(await host.dataSource.getRepository(WebhookAttempt).countBy({ deliveryId: delivered.id })).toBe(1);
    expect(receiver.requests).toHaveLength(1);
  });
});
