import type { FactoryProvider } from '@nestjs/common';
import { getTransactionHostToken, type TransactionalAdapter, type TransactionHost } from '@nestjs-cls/transactional';
import type { EntityManager } from 'typeorm';
import { AmbientTransaction } from './ambient-transaction.js';

/** `TransactionHost` over `@nestjs-cls/transactional-adapter-typeorm`. */
type TypeOrmTransactionHost = TransactionHost<TransactionalAdapter<unknown, EntityManager, unknown>>;

class ClsTransaction extends AmbientTransaction {
  constructor(private readonly host: TypeOrmTransactionHost) {
    super();
  }

  current(): EntityManager | null {
    return this.host.isTransactionActive() ? this.host.tx : null;
  }
}

/**
 * Lets webhook events join the transactions of `@nestjs-cls/transactional` automatically, in all its propagation modes:
 *
 * ```ts
 * WebhooksModule.forRoot({ host: PlatformWebhooksHost, transactions: clsTransactions() })
 * ```
 *
 * The host sets up `ClsModule` with `ClsPluginTransactional` and `TransactionalAdapterTypeOrm`. If no transaction of
 * that connection is open, events are committed on their own, or refused if `emission.requireTransaction` is set.
 *
 * @param connectionName the `connectionName` of the plugin that uses the data source with the webhook tables. Inside a
 * transaction of another data source, every emit throws ForeignEntityManagerError. Default: the unnamed connection
 */
export function clsTransactions(connectionName?: string): Omit<FactoryProvider<AmbientTransaction>, 'provide'> {
  return {
    inject: [getTransactionHostToken(connectionName)],
    useFactory: (host: TypeOrmTransactionHost) => new ClsTransaction(host),
  };
}
