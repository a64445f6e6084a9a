import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import { ForeignEntityManagerError } from '../webhooks.errors.js';
import { eventRow } from './event-row.js';
import { Outbox } from './outbox.js';
import type { WebhookChange } from './webhook-change.js';

/** How an event is written. */
export interface EmitOptions {
  /**
   * The manager of the host's transaction. With it the event commits or rolls back with the change; without it the event
   * is committed on its own, which is right only where there is no transaction to join.
   */
  readonly manager?: EntityManager;
}

/** The event that was written. */
export interface EmittedEvent {
  readonly id: string;
}

/** Writes changes into the outbox. The host calls it where it changes a booking, an order, a product or an availability. */
@Injectable()
export class WebhookEmitter {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly outbox: Outbox,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Writes one event: one INSERT in the transaction of `options.manager`. Nothing is matched, serialized or sent here;
   * that follows the commit.
   *
   * @throws InvalidWebhookChangeError when the change is incomplete or malformed; nothing was written
   * @throws ForeignEntityManagerError when the manager belongs to another data source; nothing was written
   */
  async emit(change: WebhookChange, options: EmitOptions = {}): Promise<EmittedEvent> {
    const manager = options.manager ?? this.database.manager;
    if (manager.dataSource !== this.database.manager.dataSource) throw new ForeignEntityManagerError();
    const id = uuidv7();
    await this.outbox.write(manager, [eventRow(id, change, this.clock.now())]);
    return { id };
  }
}
