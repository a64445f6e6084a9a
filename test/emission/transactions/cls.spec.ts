import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../../support/each-database.js';
import { describeAmbientTransactions } from './behaviour.js';
import { ClsProcess } from './cls-process.js';

describeAmbientTransactions({
  name: 'nestjs-cls',
  nestsInSavepoints: true,
  start: (databaseUrl, options) => ClsProcess.start(databaseUrl, options),
});

describeOnServers('clsTransactions for the connection of another data source', (kind) => {
  let database: TestDatabase;
  let host: ClsProcess;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    host = await ClsProcess.start(database.url, { dispatch: { enabled: false } }, 'other');
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });

  it('refuses an event in one of its transactions, which could not commit together with it', async () => {
    expect(await host.play('otherDataSource')).toEqual({ error: 'ForeignEntityManagerError', events: [], wakes: 0 });
  });

  it('commits an event on its own elsewhere', async () => {
    expect(await host.play('outside')).toEqual({ error: null, events: ['event'], wakes: 1 });
    expect(await host.play('rollback')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
  });
});
