import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookTriggerService, type Webhook } from 'nestjs-octo-webhooks';
import { EventClaims } from '../../libs/webhooks/src/fan-out/event-claims.js';
import { EventQueue } from '../../libs/webhooks/src/fan-out/event-queue.js';
import { TriggeredFanOut } from '../../libs/webhooks/src/fan-out/triggered-fan-out.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { emptyTables } from '../support/empty-tables.js';
import { FindingHost } from '../support/finding-host.js';
import { untilLockWait } from '../support/lock-waits.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;
/** More than are claimed at once. */
const MANY = 60;

/** Something that a test waits for, and lets happen. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
}

const tests = (kind: DatabaseKind): void => {
  const clock = new TestClock();
  const steps = new DatabaseSteps();
  const extras = { host: FindingHost, clock: { useValue: clock } };
  const options = { dispatch: { enabled: false, leaseMs: LEASE_MS } };
  const host = useTestHost(kind, options, { extras, overrides: [watchedDatabase(steps)] });
  let webhook: Webhook;

  beforeEach(async () => {
    clock.stop();
    await emptyTables(host.dataSource);
    webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
  });

  const trigger = (reference: string) =>
    host.app.get(WebhookTriggerService).trigger(CONNECTIONS.a, webhook.id, { reference });
  const fanOutTriggered = () => host.app.get(TriggeredFanOut).run();

  it('finds what was triggered behind any number of older changes that the host has emitted', async () => {
    await host.emitter.emitAll(Array.from({ length: MANY }, (_, n) => bookingChange(`b-${n}`, null, 'CONFIRMED')));
    clock.advance(1);
    await trigger('triggered');
    expect(await fanOutTriggered()).toBe(1);
  });

  it('takes nothing from a process that has claimed it meanwhile', async () => {
    await trigger('b-1');
    const [claimed, mayGoOn] = [gate(), gate()];
    let faster: Promise<number> = Promise.resolve(0);
    steps.once('beforeChange', async () => {
      steps.once('beforeTransaction', () => {
        claimed.open();
        return mayGoOn.passed;
      });
      faster = fanOutTriggered();
      await claimed.passed;
    });
    const slower = await fanOutTriggered();
    mayGoOn.open();
    expect([slower, await faster]).toEqual([0, 1]);
  });

  it('does not take up what another process has fanned out, though the lease of that has ended by its own clock', async () => {
    await trigger('b-1');
    clock.advance(LEASE_MS);
    let faster = 0;
    steps.once('beforeChange', async () => {
      clock.advance(-LEASE_MS);
      faster = await fanOutTriggered();
      clock.advance(LEASE_MS);
    });
    expect([await fanOutTriggered(), faster]).toEqual([0, 1]);
  });

  it('works on none of those that another process was faster to claim', async () => {
    await trigger('b-1');
    const [found, claimed] = [gate(), gate()];
    let second: Promise<number> = Promise.resolve(0);
    // Both find the first, and only the second process finds the other, too.
    steps.once('beforeChange', async () => {
      await trigger('b-2');
      steps.once('beforeChange', () => {
        found.open();
        return claimed.passed;
      });
      second = fanOutTriggered();
      await found.passed;
      steps.once('afterChange', async () => {
        claimed.open();
        await second;
      });
    });
    const first = await fanOutTriggered();
    expect([first, await second]).toEqual([1, 1]);
  });

  it('waits for nobody who fans out another resource, though a change of its own is claimed', async () => {
    await trigger('b-1');
    for (const booking of ['b-1', 'b-2']) await host.emitter.emit(bookingChange(booking, null, 'CONFIRMED'));
    const { events, leaseToken } = await host.app.get(EventClaims).claim(10);
    const others = events.filter(({ resourceId }) => resourceId === 'b-2');
    const completing = host.dataSource.createQueryRunner();
    await completing.startTransaction();
    await host.app.get(EventQueue).complete(completing.manager, others, leaseToken);
    const triggered = fanOutTriggered();
    let isDone = false;
    const done = triggered.then(() => (isDone = true));
    await untilLockWait(host.dataSource, done);
    const hasWaited = !isDone;
    await completing.rollbackTransaction();
    await completing.release();
    expect([hasWaited, await triggered]).toEqual([false, 1]);
    expect(await host.dataSource.getRepository(WebhookDelivery).count()).toBe(1);
  });
};

describeOnDatabases('Fan-out of what partners have triggered', tests, SERVER_KINDS);
