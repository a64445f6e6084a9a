import type { DataSource, EntityManager } from 'typeorm';

/**
 * Finds the transaction in which the emitting code runs, if the host has a way to pass it on without an argument. The
 * default finds none. `nestjs-octo-webhooks/cls` and `nestjs-octo-webhooks/typeorm-transactional` provide one for each
 * of these packages. A host that uses another way passes its own class as the extra `transactions`.
 */
export abstract class AmbientTransaction {
  /**
   * @param dataSource the data source that holds the webhook tables
   * @returns the manager of the current transaction, or null when there is none
   */
  abstract current(dataSource: DataSource): EntityManager | null;
}

/** Finds no transaction. */
export class NoAmbientTransaction extends AmbientTransaction {
  current(): null {
    return null;
  }
}
