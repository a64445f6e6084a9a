import { Injectable, Logger } from '@nestjs/common';
import { UnreadableJsonError } from '../database/unreadable-json.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { wholeState } from '../emission/earlier-state.js';
import { WebhookEvent } from '../emission/webhook-event.entity.js';
import type { JsonObject } from '../octo/json.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** Finds the states before a change. */
@Injectable()
export class EarlierStates {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(private readonly database: WebhooksDatabase) {}

  /**
   * The state before a change, or null when there is none.
   *
   * @param previous the event before it, when that is known and has yet to be stored as fanned out
   */
  async before(event: WebhookEvent, previous: WebhookEvent | undefined): Promise<JsonObject | null> {
    // An availability is delivered without a diff: only its latest state matters. A saved entity is sent only if it differs.
    if (event.type === 'availability_update' && event.entity === null) return null;
    if (event.beforeSource === 'stored') {
      const told = previous ?? (await this.toldBefore(event));
      if (told !== null) return told.after;
    }
    return event.before === null ? null : wholeState(event.before, event.after);
  }

  /**
   * The resource's event before this one that partners were told of. Triggered events do not count, because their state was read
   * outside of the host's transactions.
   *
   * @returns null when there is none, or when its row cannot be read
   */
  async toldBefore({ resourceKey, supplierId, sequence }: WebhookEvent): Promise<WebhookEvent | null> {
    try {
      return await this.database.reading((manager) =>
        manager
          .createQueryBuilder(WebhookEvent, 'event')
          .where("event.resourceKey = :resourceKey AND event.status = 'fanned_out'", { resourceKey })
          .andWhere('event.sequence < :sequence AND event.supplierId = :supplierId', { sequence, supplierId })
          .andWhere('event.triggerRequestId IS NULL')
          .orderBy('event.sequence', 'DESC')
          .limit(1)
          .getOne(),
      );
    } catch (error) {
      if (!(error instanceof UnreadableJsonError)) throw error;
      this.logger.error(
        `The event before ${sequence} of its ${resourceKey} cannot be read and is not used: ${error.message}`,
      );
      return null;
    }
  }
}
