import type { FactoryProvider } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { getDataSourceByName } from 'typeorm-transactional';
import { WEBHOOKS_DATA_SOURCE } from '../../database/webhooks-database.js';
import { AmbientTransaction } from './ambient-transaction.js';
import { UntransactionalDataSourceError } from '../../webhooks.errors.js';

class TypeormTransaction extends AmbientTransaction {
  current(dataSource: DataSource): EntityManager | null {
    // The package has made this a getter, which answers with the manager of the transaction that is open here.
    const { manager } = dataSource;
    return manager.queryRunner?.isTransactionActive === true ? manager : null;
  }
}

/**
 * Lets webhook events join the transactions of `typeorm-transactional` by themselves, in all its propagation modes:
 *
 * ```ts
 * WebhooksModule.forRoot({ host: PlatformWebhooksHost, transactions: typeormTransactional() })
 * ```
 *
 * The host calls `initializeTransactionalContext()` first, and `addTransactionalDataSource` for the data source with the
 * webhook tables; without that the application does not start, with an UntransactionalDataSourceError. Where no transaction
 * of that data source is open, events are committed on their own, or refused under `emission.requireTransaction`.
 *
 * `Propagation.NESTED` is no savepoint in that package, but a transaction of its own, and its events commit with that.
 *
 * @param dataSourceName the name that the data source was added under. Default: `default`, the package's own
 */
export function typeormTransactional(dataSourceName = 'default'): Omit<FactoryProvider<AmbientTransaction>, 'provide'> {
  return {
    inject: [WEBHOOKS_DATA_SOURCE],
    useFactory: (dataSource: DataSource) => {
      const isPatched = Object.getOwnPropertyDescriptor(dataSource, 'manager')?.get !== undefined;
      if (getDataSourceByName(dataSourceName) !== dataSource || !isPatched) {
        throw new UntransactionalDataSourceError(dataSourceName);
      }
      return new TypeormTransaction();
    },
  };
}
