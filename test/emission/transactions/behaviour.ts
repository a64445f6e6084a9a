import { expect, it } from '@jest/globals';
import type { WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { describeOnServers, useTestDatabase } from '../../support/each-database.js';
import { useReceiver } from '../../support/receiver.js';
import { useResource } from '../../support/resources.js';
import type { Played, Scenario } from './scenarios.js';
import { LOCAL_REQUESTS } from '../../support/local-requests.js';

/** A host that plays scenarios, in this process or in another. */
export interface ScenarioHost {
  play(scenario: Scenario): Promise<Played>;
  /** Subscribes connection A to `booking_update`. */
  subscribe(url: string): Promise<void>;
  close(): Promise<void>;
}

/** The differences between the packages. */
export interface AmbientPackage {
  readonly name: string;
  /** Whether `Propagation.NESTED` is a savepoint, and not a transaction of its own. */
  readonly nestsInSavepoints: boolean;
  readonly start: (databaseUrl: string, options: WebhooksModuleOptions) => Promise<ScenarioHost>;
}

/** So long that no poll happens in a test: a delivery arrives only because a commit woke the dispatcher. */
const dispatch = { pollMs: 3_600_000 };

/** The tests for each package whose transactions are found automatically. */
export function describeAmbientTransactions({ name, nestsInSavepoints, start }: AmbientPackage): void {
  describeOnServers(`An event in a transaction of ${name}`, (kind) => {
    const database = useTestDatabase(kind);
    const receiver = useReceiver('group');
    let host: ScenarioHost;
    useResource('group', async () => {
      host = await start(database.url, { dispatch, request: LOCAL_REQUESTS });
      return () => host.close();
    });

    it('it commits with the transaction and wakes the dispatcher once', async () => {
      expect(await host.play('commit')).toEqual({ error: null, events: ['event'], wakes: 1 });
    });

    it('when the host throws after the emit, it is gone and wakes nobody', async () => {
      expect(await host.play('rollback')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it('several events are gone with the transaction', async () => {
      expect(await host.play('several')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it.each(['outside', 'afterwards'] as const)(
      'without an open transaction it is committed on its own: %s',
      async (scenario) => {
        expect(await host.play(scenario)).toEqual({ error: null, events: ['event'], wakes: 1 });
      },
    );

    it('a manager that is given goes before the transaction', async () => {
      expect(await host.play('explicitManager')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
    });

    it('it is gone with the outer transaction that an inner REQUIRED has joined', async () => {
      expect(await host.play('joined')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it('it stays with an inner REQUIRES_NEW when the outer one is rolled back', async () => {
      expect(await host.play('requiresNew')).toEqual({ error: 'RolledBack', events: ['inner'], wakes: 1 });
    });

    it('it is gone with a rolled back inner NESTED while the outer one commits', async () => {
      expect(await host.play('nestedRolledBack')).toEqual({ error: null, events: ['outer', 'outer, later'], wakes: 1 });
    });

    it(`it ${nestsInSavepoints ? 'is gone' : 'stays'} with an inner NESTED when the outer one is rolled back`, async () => {
      const left = nestsInSavepoints ? { events: [], wakes: 0 } : { events: ['inner'], wakes: 1 };
      expect(await host.play('nestedInRolledBack')).toEqual({ error: 'RolledBack', ...left });
    });

    it('it is committed on its own inside NOT_SUPPORTED', async () => {
      expect(await host.play('notSupported')).toEqual({ error: 'RolledBack', events: ['inner'], wakes: 1 });
    });

    it('it is never written in the transaction of another request', async () => {
      const { events, error } = await host.play('concurrent');
      expect(error).toBeNull();
      expect(events.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index * 2));
    });

    it('in a transaction of another data source it is committed on its own', async () => {
      expect(await host.play('otherDataSource')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
    });

    it('when transactions of both data sources are open, it belongs to that of its own', async () => {
      expect(await host.play('otherDataSourceInside')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it('it is fanned out and delivered outside of the transactions of the request that woke the dispatcher', async () => {
      await host.subscribe(receiver.url());
      expect(await host.play('deliveredMeanwhile')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
      const received = receiver.requests.map(({ body }) => body.booking?.['uuid']);
      expect(received.filter((uuid) => uuid === 'deliveredMeanwhile/event')).toHaveLength(1);
    });
  });

  describeOnServers(`With emission.requireTransaction and ${name}, an event`, (kind) => {
    const database = useTestDatabase(kind);
    let host: ScenarioHost;
    useResource('group', async () => {
      host = await start(database.url, { dispatch, emission: { requireTransaction: true } });
      return () => host.close();
    });

    it('inside of a transaction it is written', async () => {
      expect(await host.play('commit')).toEqual({ error: null, events: ['event'], wakes: 1 });
    });

    it.each(['outside', 'afterwards', 'notSupported', 'otherDataSource'] as const)(
      'without an open transaction it is refused: %s',
      async (scenario) => {
        expect(await host.play(scenario)).toEqual({ error: 'TransactionRequiredError', events: [], wakes: 0 });
      },
    );
  });
}
