import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import type { DataSource, EntityManager } from 'typeorm';
import { CommitSignal } from '../../../libs/webhooks/src/emission/transactions/commit-signal.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../../support/each-database.js';
import { bookingChange, startTestHost, type RunningHost } from '../../support/test-host.js';

describeOnServers('The signal that wakes the dispatcher', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let dataSource: DataSource;
  let told: number;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false } });
    dataSource = host.dataSource;
    host.app.get(CommitSignal).onCommit(() => (told += 1));
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });
  beforeEach(() => {
    told = 0;
  });

  const emit = (manager: EntityManager) =>
    host.app.get(WebhookEmitter).emit(bookingChange('b-1', null, 'ON_HOLD'), { manager });
  const failing = async (manager: EntityManager): Promise<never> => {
    await emit(manager);
    throw new Error('Rolled back.');
  };

  it('comes once after a commit that brought events, and not before', async () => {
    await dataSource.transaction(async (manager) => {
      await emit(manager);
      await emit(manager);
      expect(told).toBe(0);
    });
    expect(told).toBe(1);
  });

  it('does not come after a commit without events, nor after a rollback', async () => {
    await dataSource.transaction((manager) => manager.query('SELECT 1'));
    await expect(dataSource.transaction(failing)).rejects.toThrow('Rolled back.');
    expect(told).toBe(0);
  });

  it('is not owed by a rolled back transaction to the next one of the same query runner', async () => {
    const queryRunner = dataSource.createQueryRunner();
    await queryRunner.startTransaction();
    await emit(queryRunner.manager);
    await queryRunner.rollbackTransaction();
    await queryRunner.startTransaction();
    await queryRunner.commitTransaction();
    await queryRunner.release();
    expect(told).toBe(0);
  });

  it('waits at the end of a savepoint for the transaction around it', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.transaction(emit);
      expect(told).toBe(0);
    });
    expect(told).toBe(1);
  });

  it('does not come when only a rolled back savepoint brought events', async () => {
    await dataSource.transaction(async (manager) => {
      await expect(manager.transaction(failing)).rejects.toThrow('Rolled back.');
    });
    expect(told).toBe(0);
  });

  it('comes at once after an event that was written outside of any transaction', async () => {
    await emit(dataSource.manager);
    expect(told).toBe(1);
  });
});
