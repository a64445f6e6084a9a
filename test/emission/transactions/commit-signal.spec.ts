import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import type { DataSource, EntityManager } from 'typeorm';
import { CommitSignal } from '../../../libs/webhooks/src/emission/webhook-emitter.js';
import { describeOnServers } from '../../support/each-database.js';
import { bookingChange } from '../../support/test-host.js';
import { useTestHost } from '../../support/use-test-host.js';

describeOnServers('The signal that wakes the dispatcher', (kind) => {
  const host = useTestHost(kind, { dispatch: { enabled: false } });
  let dataSource: DataSource;
  let signals = 0;

  beforeAll(() => {
    dataSource = host.dataSource;
    host.app.get(CommitSignal).onCommit(() => (signals += 1));
  });
  beforeEach(() => {
    signals = 0;
  });

  const emit = (manager: EntityManager) =>
    host.app.get(WebhookEmitter).emit(bookingChange('b-1', null, 'ON_HOLD'), { manager });
  const failing = async (manager: EntityManager): Promise<never> => {
    await emit(manager);
    throw new Error('Rolled back.');
  };

  it('it comes once after a commit with events, and not before', async () => {
    await dataSource.transaction(async (manager) => {
      await emit(manager);
      await emit(manager);
      expect(signals).toBe(0);
    });
    expect(signals).toBe(1);
  });

  it('it does not come after a commit without events, nor after a rollback', async () => {
    await dataSource.transaction((manager) => manager.query('SELECT 1'));
    await expect(dataSource.transaction(failing)).rejects.toThrow('Rolled back.');
    expect(signals).toBe(0);
  });

  it('a rolled back transaction leaves no signal to the next one of the same query runner', async () => {
    const queryRunner = dataSource.createQueryRunner();
    await queryRunner.startTransaction();
    await emit(queryRunner.manager);
    await queryRunner.rollbackTransaction();
    await queryRunner.startTransaction();
    await queryRunner.commitTransaction();
    await queryRunner.release();
    expect(signals).toBe(0);
  });

  it('at the end of a savepoint it waits for the transaction around it', async () => {
    await dataSource.transaction(async (manager) => {
      await manager.transaction(emit);
      expect(signals).toBe(0);
    });
    expect(signals).toBe(1);
  });

  it.each<[string, (manager: EntityManager) => Promise<unknown>]>([
    ['is released', (manager) => manager.transaction((inner) => inner.query('SELECT 1'))],
    ['is rolled back', (manager) => manager.transaction(failing).catch(() => null)],
    ['holds another', (manager) => manager.transaction((inner) => inner.transaction((one) => one.query('SELECT 1')))],
  ])('an event is not forgotten when a savepoint follows that has none and %s', async (_, savepoint) => {
    await dataSource.transaction(async (manager) => {
      await emit(manager);
      await savepoint(manager);
    });
    expect(signals).toBe(1);
  });

  it.each<[string, (manager: EntityManager) => Promise<unknown>]>([
    ['in a savepoint before an empty one', (manager) => manager.transaction(emit)],
    ['in a savepoint of a savepoint', (manager) => manager.transaction((inner) => inner.transaction(emit))],
    [
      'in a savepoint, before one in it that is rolled back',
      (manager) =>
        manager.transaction(async (inner) => {
          await emit(inner);
          await inner.transaction(failing).catch(() => null);
        }),
    ],
  ])('it comes for an event %s', async (_, emitting) => {
    await dataSource.transaction(async (manager) => {
      await emitting(manager);
      await manager.transaction((inner) => inner.query('SELECT 1'));
      expect(signals).toBe(0);
    });
    expect(signals).toBe(1);
  });

  it('it does not come when the savepoint around the one with the event is rolled back', async () => {
    await dataSource.transaction(async (manager) => {
      const outer = manager.transaction(async (inner) => {
        await inner.transaction(emit);
        throw new Error('Rolled back.');
      });
      await expect(outer).rejects.toThrow('Rolled back.');
    });
    expect(signals).toBe(0);
  });

  it('it does not come when only a rolled back savepoint had events', async () => {
    await dataSource.transaction(async (manager) => {
      await expect(manager.transaction(failing)).rejects.toThrow('Rolled back.');
    });
    expect(signals).toBe(0);
  });

  it('it comes at once after an event that was written outside of any transaction', async () => {
    await emit(dataSource.manager);
    expect(signals).toBe(1);
  });
});
