import { beforeEach, expect, it } from '@jest/globals';
import type { Webhook } from 'nestjs-octo-webhooks';
import { ActiveWebhooks } from '../../libs/webhooks/src/subscriptions/active-webhooks.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { emptyTables } from '../support/empty-tables.js';
import { describeOnServers } from '../support/each-database.js';
import { TestClock } from '../support/test-clock.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

describeOnServers('The webhooks of deliveries', (kind) => {
  const clock = new TestClock();
  const steps = new DatabaseSteps();
  const parts = { extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] };
  const host = useTestHost(kind, { dispatch: { enabled: false } }, parts);
  let webhook: Webhook;
  let other: Webhook;

  beforeEach(async () => {
    clock.stop();
    await emptyTables(host.dataSource);
    webhook = await host.subscribe({ url: 'http://127.0.0.1:9/first' });
    other = await host.subscribe({ url: 'http://127.0.0.1:9/second' });
  });

  const load = async (...webhooks: readonly Webhook[]): Promise<string[]> =>
    [...(await host.app.get(ActiveWebhooks).load(webhooks.map(({ id }) => id))).keys()].sort();
  const deactivate = ({ id }: Webhook) => host.dataSource.getRepository(WebhookRow).update({ id }, { active: false });

  it('are those that are asked for, whether they are remembered or not', async () => {
    expect(await load(webhook)).toEqual([webhook.id]);
    expect(await load(webhook, other)).toEqual([webhook.id, other.id].sort());
    clock.advance(2000);
    for (let times = 0; times < 2; times += 1) {
      expect(await load(webhook, other)).toEqual([webhook.id, other.id].sort());
      expect(await load(other)).toEqual([other.id]);
    }
  });

  it('are no more those that are inactive, though they are remembered', async () => {
    clock.advance(2000);
    expect(await load(webhook)).toEqual([webhook.id]);
    await deactivate(webhook);
    expect(await load(webhook, other)).toEqual([other.id]);
  });

  it('are not those that are deactivated while they are being read', async () => {
    steps.once('beforeReading', () => deactivate(webhook));
    expect(await load(webhook, other)).toEqual([other.id]);
  });
});
