import { expect, it } from '@jest/globals';
import { WebhookDelivery } from 'nestjs-octo-webhooks';
import { DeliveryClaims, type ClaimedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { ATTEMPT, claimOneFor } from '../support/claimed-deliveries.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { TestClock } from '../support/test-clock.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;

const tests = (kind: DatabaseKind): void => {
  const clock = new TestClock();
  const steps = new DatabaseSteps();
  const options = { dispatch: { enabled: false, leaseMs: LEASE_MS } };
  const host = useTestHost(kind, options, {
    extras: { clock: { useValue: clock } },
    overrides: [watchedDatabase(steps)],
  });

  it('is not replaced by a newer one when a process settles it that has lost its lease', async () => {
    clock.stop();
    const { id } = await host.subscribe({ event: 'availability_update', url: 'http://127.0.0.1:9/never-called' });
    const emit = async (vacancies: number): Promise<void> => {
      await host.emitter.emit({
        event: 'availability_update',
        supplierId: 'supplier-1',
        productId: 'product',
        optionId: 'option',
        availabilityId: 'slot',
        after: { vacancies },
      });
      await host.app.get(FanOut).run();
    };
    await emit(2);
    const lost = await claimOneFor(host, id);
    await emit(1);
    clock.advance(LEASE_MS);
    // Another process has taken it over and has given it back, so it is due to everybody.
    await host.app.get(DeliveryClaims).giveBack([await claimOneFor(host, id)]);
    let sent: ClaimedDelivery | null = null;
    steps.onStatement = async (sql) => {
      if (!sql.includes("status = 'superseded'")) return;
      steps.onStatement = null;
      sent = await claimOneFor(host, id);
    };
    const next = { status: 'pending', dueAt: clock.now() } as const;
    await host.app.get(DeliverySettlements).settle([{ delivery: lost, next, attempt: ATTEMPT }]);
    expect(sent).toMatchObject({ id: lost.id });
    expect(await host.dataSource.getRepository(WebhookDelivery).findOneByOrFail({ id: lost.id })).toMatchObject({
      status: 'pending',
      leaseToken: expect.not.stringContaining(lost.leaseToken),
    });
  });
};

// Two processes use the database at the same time, which an embedded one does not allow.
describeOnDatabases('An availability that is claimed meanwhile', tests, SERVER_KINDS);
