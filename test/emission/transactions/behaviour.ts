import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../../support/each-database.js';
import { Receiver } from '../../support/receiver.js';
import type { Played, Scenario } from './scenarios.js';

/** A host that plays scenarios, in this process or in another. */
export interface ScenarioHost {
  play(scenario: Scenario): Promise<Played>;
  /** Subscribes connection A to `booking_update`. */
  subscribe(url: string): Promise<void>;
  close(): Promise<void>;
}

/** What differs between the packages. */
export interface AmbientPackage {
  readonly name: string;
  /** Whether `Propagation.NESTED` is a savepoint, and not a transaction of its own. */
  readonly nestsInSavepoints: boolean;
  readonly start: (databaseUrl: string, options: WebhooksModuleOptions) => Promise<ScenarioHost>;
}

/** No poll comes to help: whatever is delivered is so because a commit woke the dispatcher. */
const dispatch = { pollMs: 3_600_000 };

/** The tests that hold for each package whose transactions are found by themselves. */
export function describeAmbientTransactions({ name, nestsInSavepoints, start }: AmbientPackage): void {
  describeOnServers(`An event in a transaction of ${name}`, (kind) => {
    let database: TestDatabase;
    let host: ScenarioHost;
    let receiver: Receiver;

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      host = await start(database.url, { dispatch, request: { allowPrivateAddresses: true } });
      receiver = await Receiver.listen();
    });
    afterAll(async () => {
      await host.close();
      await receiver.close();
      await database.drop();
    });

    it('commits with it, and wakes the dispatcher once', async () => {
      expect(await host.play('commit')).toEqual({ error: null, events: ['event'], wakes: 1 });
    });

    it('is gone when the host throws after the emit, and wakes nobody', async () => {
      expect(await host.play('rollback')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it('is gone with it also as one of several', async () => {
      expect(await host.play('several')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it.each(['outside', 'afterwards'] as const)('is committed on its own where none is open: %s', async (scenario) => {
      expect(await host.play(scenario)).toEqual({ error: null, events: ['event'], wakes: 1 });
    });

    it('goes with the manager that was given, if there is one', async () => {
      expect(await host.play('explicitManager')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
    });

    it('is gone with the outer transaction that an inner REQUIRED has joined', async () => {
      expect(await host.play('joined')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it('stays with an inner REQUIRES_NEW, while the outer one is rolled back', async () => {
      expect(await host.play('requiresNew')).toEqual({ error: 'RolledBack', events: ['inner'], wakes: 1 });
    });

    it('is gone with an inner NESTED, while the outer one commits', async () => {
      expect(await host.play('nestedRolledBack')).toEqual({ error: null, events: ['outer', 'outer, later'], wakes: 1 });
    });

    it(`${nestsInSavepoints ? 'is gone' : 'stays'} with an inner NESTED, when the outer one is rolled back`, async () => {
      const left = nestsInSavepoints ? { events: [], wakes: 0 } : { events: ['inner'], wakes: 1 };
      expect(await host.play('nestedInRolledBack')).toEqual({ error: 'RolledBack', ...left });
    });

    it('is committed on its own inside NOT_SUPPORTED', async () => {
      expect(await host.play('notSupported')).toEqual({ error: 'RolledBack', events: ['inner'], wakes: 1 });
    });

    it('never lands in the transaction of another request', async () => {
      const { events, error } = await host.play('concurrent');
      expect(error).toBeNull();
      expect(events.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index * 2));
    });

    it('is committed on its own in a transaction of another data source', async () => {
      expect(await host.play('otherDataSource')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
    });

    it('goes with its own data source, when transactions of both are open', async () => {
      expect(await host.play('otherDataSourceInside')).toEqual({ error: 'RolledBack', events: [], wakes: 0 });
    });

    it('is fanned out and delivered outside of the transactions of the request that woke the dispatcher', async () => {
      await host.subscribe(receiver.url());
      expect(await host.play('deliveredMeanwhile')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
      const received = receiver.requests.map(({ body }) => body.booking?.['uuid']);
      expect(received.filter((uuid) => uuid === 'deliveredMeanwhile/event')).toHaveLength(1);
    });
  });

  describeOnServers(`With emission.requireTransaction and ${name}, an event`, (kind) => {
    let database: TestDatabase;
    let host: ScenarioHost;

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      host = await start(database.url, { dispatch, emission: { requireTransaction: true } });
    });
    afterAll(async () => {
      await host.close();
      await database.drop();
    });

    it('is written inside of a transaction', async () => {
      expect(await host.play('commit')).toEqual({ error: null, events: ['event'], wakes: 1 });
    });

    it.each(['outside', 'afterwards', 'notSupported', 'otherDataSource'] as const)(
      'is refused where none is open: %s',
      async (scenario) => {
        expect(await host.play(scenario)).toEqual({ error: 'TransactionRequiredError', events: [], wakes: 0 });
      },
    );
  });
}
