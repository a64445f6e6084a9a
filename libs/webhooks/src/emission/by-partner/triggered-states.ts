import { Injectable } from '@nestjs/common';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { checkedObject } from '../../host/host-answers.js';
import type { TriggerMatch, TriggerQuery } from '../../host/trigger-query.js';
import { WebhooksHost } from '../../host/webhooks-host.js';
import type { JsonObject } from '../../octo/json.js';
import { OctoError } from '../../octo/octo-error.js';
import { WebhookConnection } from '../../subscriptions/webhook.entity.js';
import type { WebhookEvent } from '../webhook-event.entity.js';

/** Reads the states of objects that partners have triggered, when it is the turn of their deliveries. */
@Injectable()
export class TriggeredStates {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly host: WebhooksHost,
  ) {}

  /**
   * The present state of a triggered object.
   *
   * @returns null when the connections that the webhook has now have no such object
   * @throws whatever the host's port throws, except an OctoError that refuses the request: the object is then no longer there
   * @throws InvalidHostAnswerError
   */
  async present({ resourceId }: WebhookEvent, query: TriggerQuery, webhookId: string): Promise<JsonObject | null> {
    const members = await this.database.reading((manager) => manager.findBy(WebhookConnection, { webhookId }));
    const connectionIds = members.map(({ connectionId }) => connectionId);
    const matches = await this.found(only({ ...query, connectionIds }, resourceId));
    const match = matches.find((one) => one.resourceId === resourceId);
    return match === undefined ? null : checkedObject('findForTrigger', match.state);
  }

  private async found(query: TriggerQuery): Promise<readonly TriggerMatch[]> {
    try {
      return await this.host.findForTrigger(query);
    } catch (error) {
      if (error instanceof OctoError && error.code !== 'INTERNAL_SERVER_ERROR') return [];
      throw error;
    }
  }
}

/** One request may name many availabilities, and each delivery is of one. */
function only(query: TriggerQuery, resourceId: string): TriggerQuery {
  return query.event === 'availability_update' ? { ...query, availabilityIds: [resourceId] } : query;
}
