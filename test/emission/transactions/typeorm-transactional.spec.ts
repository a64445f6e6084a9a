import { afterEach, expect, it } from '@jest/globals';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { UntransactionalDataSourceError, type WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { typeormTransactional } from 'nestjs-octo-webhooks/typeorm-transactional';
import { DataSource, type DataSourceOptions } from 'typeorm';
import {
  addTransactionalDataSource,
  deleteDataSourceByName,
  initializeTransactionalContext,
  runInTransaction,
  StorageDriver,
  type Propagation,
} from 'typeorm-transactional';
import { describeOnServers, useTestDatabase } from '../../support/each-database.js';
import { startTestHost } from '../../support/test-host.js';
import { useTestHosts } from '../../support/use-test-host.js';
import { describeAmbientTransactions, type ScenarioHost } from './behaviour.js';
import { Player } from './scenarios.js';

const OTHER = 'other';

// This patches TypeORM's prototypes. Jest loads TypeORM anew for each test file, so other files do not notice.
initializeTransactionalContext({ storageDriver: StorageDriver.ASYNC_LOCAL_STORAGE });

async function start(databaseUrl: string, options: WebhooksModuleOptions): Promise<ScenarioHost> {
  const running = await startTestHost(databaseUrl, options, undefined, {
    imports: [
      TypeOrmModule.forRootAsync({
        name: OTHER,
        inject: [getDataSourceToken()],
        useFactory: ({ options: own }: DataSource) => ({ ...own, entities: [], migrations: [] }),
        dataSourceFactory: (own) =>
          addTransactionalDataSource({
            name: OTHER,
            dataSource: new DataSource(own as DataSourceOptions),
          }).initialize(),
      }),
    ],
    extras: { transactions: typeormTransactional() },
    onDataSource: (dataSource) => addTransactionalDataSource(dataSource),
  });
  const player = new Player({
    running,
    transaction: (propagation, work) => runInTransaction(work, { propagation: propagation as Propagation }),
    otherTransaction: (work) => runInTransaction(work, { connectionName: OTHER }),
  });
  return {
    play: (scenario) => player.play(scenario),
    subscribe: async (url) => {
      await running.subscribe({ url });
    },
    close: async () => {
      await running.close();
      deleteDataSourceByName('default');
      deleteDataSourceByName(OTHER);
    },
  };
}

describeAmbientTransactions({ name: 'typeorm-transactional', nestsInSavepoints: false, start });

describeOnServers('typeormTransactional', (kind) => {
  const hosts = useTestHosts(useTestDatabase(kind));
  afterEach(() => {
    deleteDataSourceByName('default');
    deleteDataSourceByName(OTHER);
  });

  const starting = (add: (dataSource: DataSource) => void) =>
    hosts.start({}, { extras: { transactions: typeormTransactional() }, onDataSource: add });

  it('a data source that was not added keeps the host from starting', async () => {
    await expect(starting(() => undefined)).rejects.toThrow(UntransactionalDataSourceError);
  });

  it('a data source that was added under another name keeps the host from starting', async () => {
    const refused = starting((dataSource) => addTransactionalDataSource({ name: OTHER, dataSource }));
    await expect(refused).rejects.toThrow(UntransactionalDataSourceError);
  });

  it('a data source that was added without the patch keeps the host from starting', async () => {
    const refused = starting((dataSource) => addTransactionalDataSource({ dataSource, patch: false }));
    await expect(refused).rejects.toThrow('patch: false');
  });
});
