import type { DataSource, EntityManager } from 'typeorm';

/**
 * Finds the transaction that the code which emits runs in, where the host has a way to carry it along without an argument.
 * The default knows none. `nestjs-octo-webhooks/cls` and `nestjs-octo-webhooks/typeorm-transactional` bring one for each of
 * these packages; a host with another way passes its own class as the extra `transactions`.
 */
export abstract class AmbientTransaction {
  /**
   * @param dataSource the one that holds the webhook tables
   * @returns the manager of the transaction that is open here, or null when there is none
   */
  abstract current(dataSource: DataSource): EntityManager | null;
}

/** Finds no transaction. */
export class NoAmbientTransaction extends AmbientTransaction {
  current(): null {
    return null;
  }
}
