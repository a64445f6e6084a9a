import { beforeEach, expect, it } from '@jest/globals';
import {
  WebhookEvent,
  WebhookTriggerService,
  type OctoConnection,
  type TriggerMatch,
  type Webhook,
} from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { emptyTables } from '../../support/empty-tables.js';
import { describeOnServers } from '../../support/each-database.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../../support/test-host.js';
import { useTestHost } from '../../support/use-test-host.js';

class FindingHost extends TestWebhooksHost {
  override async findForTrigger(): Promise<readonly TriggerMatch[]> {
    return [{ resourceId: 'b-1', state: { uuid: 'b-1', status: 'CONFIRMED' } }];
  }
}

describeOnServers('The record state that a partner sends back', (kind) => {
  const host = useTestHost(kind, { dispatch: { enabled: false } }, { extras: { host: FindingHost } });
  let webhook: Webhook;

  beforeEach(async () => {
    await emptyTables(host.dataSource);
    webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
  });

  const events = () => host.dataSource.getRepository(WebhookEvent);
  /** The id of an earlier state of a booking. */
  const stateOf = async (uuid: string, { id, supplierId }: OctoConnection = CONNECTIONS.a): Promise<string> => {
    const change = { ...bookingChange(uuid, null, 'ON_HOLD'), supplierId, connectionIds: [id] as const };
    await host.emitter.emit(change);
    const [event] = await events().find({ order: { sequence: 'DESC' }, take: 1 });
    return event?.id ?? '';
  };
  const trigger = (orderRecordState: string) =>
    host.app.get(WebhookTriggerService).trigger(CONNECTIONS.a, webhook.id, { reference: 'R-1', orderRecordState });

  it('is the state before the delivery, in either spelling of its id', async () => {
    const id = await stateOf('b-1');
    await stateOf('b-1');
    for (const sent of [id, id.toUpperCase()]) {
      const { requestId } = await trigger(sent);
      expect(await events().findOneByOrFail({ id: requestId })).toMatchObject({
        beforeSource: 'given',
        before: { had: { status: 'ON_HOLD' }, lacked: [] },
      });
    }
  });

  it('may be one that the webhook received for another connection', async () => {
    const id = await stateOf('b-1', CONNECTIONS.b);
    await host.webhooks.update(CONNECTIONS.a, webhook.id, { apiKeys: ['key-b'] }, []);
    await expect(trigger(id)).resolves.toMatchObject({ deliveries: 1 });
  });

  it.each<[string, () => Promise<string>]>([
    ['of another booking', () => stateOf('b-2')],
    ['of a booking of another supplier with the same id', () => stateOf('b-1', CONNECTIONS.z)],
    ['of an event that only another connection may see', () => stateOf('b-1', CONNECTIONS.b)],
    ['that does not exist', async () => uuidv7()],
  ])('is refused when it is one %s', async (_, state) => {
    await stateOf('b-1');
    const id = await state();
    await expect(trigger(id)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
