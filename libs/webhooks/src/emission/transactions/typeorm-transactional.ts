import type { FactoryProvider } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { getDataSourceByName } from 'typeorm-transactional';
import { WEBHOOKS_DATA_SOURCE } from '../../database/webhooks-database.js';
import { AmbientTransaction } from './ambient-transaction.js';
import { UntransactionalDataSourceError } from '../../webhooks.errors.js';

class TypeormTransaction extends AmbientTransaction {
  current(dataSource: DataSource): EntityManager | null {
    // The package has made this a getter. It returns the manager of the current transaction.
    const { manager } = dataSource;
    return manager.queryRunner?.isTransactionActive === true ? manager : null;
  }
}

/**
 * Lets webhook events join the transactions of `typeorm-transactional` automatically, in all its propagation modes:
 *
 * ```ts
 * WebhooksModule.forRoot({ host: PlatformWebhooksHost, transactions: typeormTransactional() })
 * ```
 *
 * The host calls `initializeTransactionalContext()` first, and `addTransactionalDataSource` for the data source with
 * the webhook tables. Otherwise, the application fails to start with an UntransactionalDataSourceError. If no
 * transaction of that data source is open, events are committed on their own, or refused if
 * `emission.requireTransaction` is set.
 *
 * `Propagation.NESTED` is not a savepoint in that package. It begins a separate transaction, and its events commit with
 * it.
 *
 * @param dataSourceName the name under which the data source was added. Default: `default`, as in the package
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
