import { Injectable } from '@nestjs/common';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import type { JsonObject } from '../../octo/json.js';
import { UnknownWebhookResourceError } from '../../webhooks.errors.js';
import type { EntityReference } from '../webhook-change.js';
import { EntityWebhooks } from './entity-webhooks.js';
import { presentState } from './resource-change.js';
import { ReadResources, readResources } from './resource-rows.js';

/**
 * Reads the present state of resources. Two transactions may have changed a resource at the same time without seeing each
 * other's change, so the state in an event may be stale.
 */
@Injectable()
export class ResourceStates {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly entities: EntityWebhooks,
  ) {}

  /**
   * Reads one resource with its relations, outside of any transaction.
   *
   * @returns null when it is gone, or soft-removed and `removed` is `'ignore'`
   * @throws UnknownWebhookResourceError, and whatever the declaration's `state` or `removed` throws
   */
  async read({ name, id: stored }: EntityReference): Promise<JsonObject | null> {
    const resource = this.entities.resources.get(name);
    if (resource === undefined) throw new UnknownWebhookResourceError(name);
    const id = structuredClone(stored);
    for (const column of resource.metadata.primaryColumns) {
      const value: unknown = column.getEntityValue(id);
      // JSON has no dates.
      if (typeof value === 'string' && isMoment(column.type)) column.setEntityValue(id, new Date(value));
    }
    const row = { resource, path: [], id };
    const now = new ReadResources();
    await this.database.reading((manager) => readResources(manager, [row], now));
    const entity = now.of(row);
    return entity === undefined ? null : presentState(resource, entity);
  }
}

/** Whether TypeORM gives values of a column type as `Date`. */
function isMoment(type: unknown): boolean {
  return type === Date || /^(datetime|timestamp)/.test(String(type));
}
