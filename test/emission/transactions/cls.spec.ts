import { expect, it } from '@jest/globals';
import { describeOnServers, useTestDatabase } from '../../support/each-database.js';
import { useResource } from '../../support/resources.js';
import { describeAmbientTransactions } from './behaviour.js';
import { ClsProcess } from './cls-process.js';

describeAmbientTransactions({
  name: 'nestjs-cls',
  nestsInSavepoints: true,
  start: (databaseUrl, options) => ClsProcess.start(databaseUrl, options),
});

describeOnServers('clsTransactions for the connection of another data source', (kind) => {
  const database = useTestDatabase(kind);
  let host: ClsProcess;
  useResource('group', async () => {
    host = await ClsProcess.start(database.url, { dispatch: { enabled: false } }, 'other');
    return () => host.close();
  });

  it('an event in one of its transactions is refused, since the two could not commit together', async () => {
    expect(await host.play('otherDataSource')).toEqual({ error: 'ForeignEntityManagerError', events: [], wakes: 0 });
  });

  it('an event elsewhere commits on its own', async () => {
    expect(await host.play('outside')).toEqual({ error: null, events: ['event'], wakes: 1 });
    expect(await host.play('rollback')).toEqual({ error: 'RolledBack', events: ['event'], wakes: 1 });
  });
});
