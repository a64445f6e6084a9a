import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId } from '../database/ids.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import { ForeignEntityManagerError, TransactionRequiredError } from '../webhooks.errors.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { eventRow, type EmittedChange, type EventRow } from './event-row.js';
import { Outbox } from './outbox.js';
import { AmbientTransaction } from './transactions/ambient-transaction.js';
import type { WebhookChange } from './webhook-change.js';

/** How events are written. */
export interface EmitOptions {
  /**
   * The manager of the host's transaction, so that the events commit or roll back with the change. Default: the manager
   * that `AmbientTransaction` finds. If there is none, the events are committed on their own.
   */
  readonly manager?: EntityManager;
}

/** An event that was written. */
export interface EmittedEvent {
  readonly id: string;
}

/**
 * Writes changes into the outbox. The host calls it whenever it changes a booking, an order, a product or an
 * availability.
 */
@Injectable()
export class WebhookEmitter {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly outbox: Outbox,
    private readonly clock: WebhooksClock,
    private readonly ambient: AmbientTransaction,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Writes one event, with one INSERT in the host's transaction. Matching, serializing and sending happen after the
   * commit.
   *
   * @throws InvalidWebhookChangeError when the change is incomplete or malformed; nothing was written
   * @throws ForeignEntityManagerError when the manager belongs to another data source; nothing was written
   * @throws TransactionRequiredError when the option `emission.requireTransaction` is set and no transaction is open
   */
  async emit(change: WebhookChange, options: EmitOptions = {}): Promise<EmittedEvent> {
    const id = newId();
    await this.write([eventRow(id, change, this.clock.now())], options.manager);
    return { id };
  }

  /**
   * Writes many events, hundreds with each INSERT. If one is refused, none is written.
   *
   * @returns their ids, in the order of the changes
   * @throws as `emit`
   */
  async emitAll(changes: readonly EmittedChange[], options: EmitOptions = {}): Promise<EmittedEvent[]> {
    if (changes.length === 0) return [];
    const now = this.clock.now();
    const events = changes.map((change) => ({ id: newId(), change }));
    await this.write(
      events.map(({ id, change }) => eventRow(id, change, now)),
      options.manager,
    );
    return events.map(({ id }) => ({ id }));
  }

  private async write(rows: readonly EventRow[], given: EntityManager | undefined): Promise<void> {
    const { dataSource } = this.database;
    const manager = given ?? this.ambient.current(dataSource);
    if (manager !== null && manager.dataSource !== dataSource) throw new ForeignEntityManagerError();
    if (this.options.emission.requireTransaction && manager?.queryRunner?.isTransactionActive !== true) {
      throw new TransactionRequiredError();
    }
    if (manager !== null) await this.outbox.write(manager, rows);
    // Several rows may need several statements, and must be committed together.
    else if (rows.length > 1) await this.database.transaction((own) => this.outbox.write(own, rows));
    else await this.outbox.write(this.database.manager, rows);
  }
}
