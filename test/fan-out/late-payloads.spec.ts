import { beforeEach, expect, it } from '@jest/globals';
import { WebhookTriggerService, type TriggerMatch, type TriggerQuery, type Webhook } from 'nestjs-octo-webhooks';
import { LatePayloads } from '../../libs/webhooks/src/fan-out/late-payloads.js';
import { TriggeredFanOut } from '../../libs/webhooks/src/fan-out/triggered-fan-out.js';
import { claimFor } from '../support/claimed-deliveries.js';
import { describeOnDatabases } from '../support/each-database.js';
import { CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

let version = 0;

/** Has every booking that is asked for, each time in another state. */
class ChangingHost extends TestWebhooksHost {
  override async findForTrigger(query: TriggerQuery): Promise<readonly TriggerMatch[]> {
    version += 1;
    const uuid = ('reference' in query && query.reference) || '';
    return [{ resourceId: uuid, state: { uuid, version } }];
  }
}

describeOnDatabases('A payload that is built for an attempt', (kind) => {
  const host = useTestHost(kind, { dispatch: { enabled: false } }, { per: 'test', extras: { host: ChangingHost } });
  let webhook: Webhook;

  beforeEach(async () => {
    version = 0;
    webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    for (const reference of ['b-1', 'b-2', 'b-3']) {
      await host.app.get(WebhookTriggerService).trigger(CONNECTIONS.a, webhook.id, { reference });
    }
    await host.app.get(TriggeredFanOut).run();
  });

  it('stays as it was stored first, whoever builds it again after a lost lease', async () => {
    const build = async (): Promise<(string | undefined)[]> => {
      const bodies: (string | undefined)[] = [];
      for (const { eventId, ...delivery } of claimed) {
        if (eventId === null) throw new Error('Its payload is missing.');
        const body = await host.app.get(LatePayloads).build({ ...delivery, eventId }, { ...webhook, ...subscriber });
        bodies.push(body?.toString());
      }
      return bodies;
    };
    const subscriber = { connectionId: CONNECTIONS.a.id, capabilities: [], useContactLanguage: false };
    const claimed = await claimFor(host, webhook.id, 10);
    const first = await build();
    expect(new Set(first).size).toBe(3);
    expect(await build()).toEqual(first);
  });
});
