import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { ReceiverHealthRepository } from '../../libs/webhooks/src/dispatch/receiver-health.repository.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { emptyTables } from '../support/empty-tables.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

describeOnServers('The health of receivers in the database', (kind) => {
  const clock = new TestClock();
  // Nothing runs automatically.
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false, leaseMs: 60_000 } },
    { extras: { clock: { useValue: clock } } },
  );
  let health: ReceiverHealthRepository;
  let webhook: Webhook;
  let other: Webhook;

  beforeEach(async () => {
    clock.stop();
    await emptyTables(host.dataSource);
    health = host.app.get(ReceiverHealthRepository);
    webhook = await host.subscribe({ url: 'http://127.0.0.1:9/first' });
    other = await host.subscribe({ url: 'http://127.0.0.1:9/second' });
  });

  const rows = () => host.dataSource.getRepository(WebhookRow);
  const row = ({ id }: Webhook) => rows().findOneByOrFail({ id });
  const at = (ms: number): Date => new Date(clock.now() + ms);
  const deliveries = () => host.dataSource.getRepository(WebhookDelivery);
  const emit = async (): Promise<void> => {
    await host.emitter.emit(bookingChange(uuidv7(), null, 'CONFIRMED'));
    await fanOutAll(host.app.get(FanOut));
  };
  const ready = async (): Promise<string[]> => (await health.ready()).map(({ webhookId }) => webhookId).sort();

  /** Each step changes this webhook and never the other one. */
  const untouched = async (step: () => Promise<unknown>): Promise<unknown> => {
    const before = await row(other);
    const result = await step();
    expect(await row(other)).toEqual(before);
    return result;
  };

  it('a webhook is ready when a delivery of its own is due', async () => {
    expect(await ready()).toEqual([]);
    await emit();
    expect(await ready()).toEqual([webhook.id, other.id].sort());
    await deliveries().update({ webhookId: webhook.id }, { dueAt: at(1) });
    expect(await ready()).toEqual([other.id]);
    await deliveries().update({ webhookId: webhook.id }, { dueAt: null });
    expect(await ready()).toEqual([other.id]);
    // It is not so in practice, but what has ended is never sent, whatever its row says.
    await deliveries().update({ webhookId: webhook.id }, { dueAt: at(-1), status: 'dead' });
    expect(await ready()).toEqual([other.id]);
  });

  it('a webhook is not ready while it is inactive or its circuit is open, and is when that time has passed', async () => {
    await emit();
    await host.webhooks.update(CONNECTIONS.a, other.id, { active: false }, []);
    expect(await ready()).toEqual([webhook.id]);
    await rows().update({ id: webhook.id }, { circuitOpenUntil: at(1) });
    expect(await ready()).toEqual([]);
    clock.advance(1);
    expect(await health.ready()).toEqual([{ webhookId: webhook.id, openUntil: clock.now() }]);
  });

  it('the first failure counts, until a success', async () => {
    await untouched(() => health.startedFailing(webhook.id, clock.now()));
    await health.startedFailing(webhook.id, clock.now() + 1);
    expect(await row(webhook)).toMatchObject({ failingSince: at(0) });
    await rows().update({ id: other.id }, { failingSince: at(0) });
    await untouched(() => health.stoppedFailing(webhook.id));
    expect(await row(webhook)).toMatchObject({ failingSince: null });
  });

  it('a circuit is opened by one process, and closed by the one that has the probe', async () => {
    const until = clock.now() + 1;
    expect(await untouched(() => health.open(webhook.id, until, null))).toBe(true);
    expect(await health.open(webhook.id, until + 1, null)).toBe(false);
    expect(await row(webhook)).toMatchObject({ circuitOpenUntil: at(1), circuitOpenings: 1 });

    await rows().update({ id: other.id }, { circuitOpenUntil: at(1), circuitOpenings: 1 });
    const probe = await untouched(() => health.takeProbe(webhook.id, until));
    expect(probe).toBe(clock.now() + 60_000);
    expect(await health.takeProbe(webhook.id, until)).toBeNull();
    expect(await health.close(webhook.id, until)).toBe(false);
    expect(await row(webhook)).toMatchObject({ circuitOpenUntil: at(60_000), circuitOpenings: 1 });
    expect(await health.open(webhook.id, until + 2, until)).toBe(false);

    await rows().update({ id: other.id }, { circuitOpenUntil: at(60_000) });
    expect(await untouched(() => health.open(webhook.id, until + 2, Number(probe)))).toBe(true);
    expect(await row(webhook)).toMatchObject({ circuitOpenUntil: at(3), circuitOpenings: 2 });
    await rows().update({ id: other.id }, { circuitOpenUntil: at(3) });
    expect(await untouched(() => health.close(webhook.id, until + 2))).toBe(true);
    expect(await row(webhook)).toMatchObject({ circuitOpenUntil: null, circuitOpenings: 0 });
  });

  it('a webhook is deactivated once, and only as it was when it was loaded', async () => {
    const edited = { id: webhook.id, updatedAt: at(-1) };
    expect(await health.deactivate(edited, 'gone', 0)).toBe(false);
    expect(await untouched(() => health.deactivate(webhook, 'gone', 0))).toBe(true);
    expect(await row(webhook)).toMatchObject({ active: false, deactivatedAt: at(0), deactivationReason: 'gone' });
    clock.advance(1);
    expect(await health.deactivate(webhook, 'gone', 0)).toBe(false);
    expect(await row(webhook)).toMatchObject({ deactivatedAt: at(-1) });
  });

  it('a webhook is deactivated for failing only if it has been failing since then', async () => {
    const since = clock.now() - 1000;
    await rows().update([webhook.id, other.id], { failingSince: new Date(since) });
    expect(await health.deactivate(webhook, 'failing', since - 1)).toBe(false);
    expect(await untouched(() => health.deactivate(webhook, 'failing', since))).toBe(true);
    expect(await row(webhook)).toMatchObject({ active: false, deactivationReason: 'failing', failingSince: at(-1000) });
  });

  it.each([
    ['a delivery that has succeeded since', 'delivered', 0, false],
    ['a delivery that has succeeded before', 'delivered', -1, true],
    ['a delivery that has died since', 'dead', 0, true],
  ] as const)('a webhook that seems to be failing, with %s', async (_, status, settledMs, isDeactivated) => {
    const since = clock.now() - 1000;
    await emit();
    await rows().update([webhook.id, other.id], { failingSince: new Date(since) });
    await deliveries().update(
      { webhookId: webhook.id },
      { status, dueAt: null, settledAt: new Date(since + settledMs) },
    );
    // A success of another webhook proves nothing.
    await deliveries().update({ webhookId: other.id }, { status: 'delivered', dueAt: null, settledAt: at(0) });
    expect(await untouched(() => health.deactivate(webhook, 'failing', since))).toBe(isDeactivated);
    expect(await row(webhook)).toMatchObject({
      active: !isDeactivated,
      failingSince: isDeactivated ? new Date(since) : null,
    });
  });
});
