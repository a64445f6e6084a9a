import { Injectable } from '@nestjs/common';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import type { JsonObject } from '../../octo/json.js';
import { UnknownWebhookResourceError } from '../../webhooks.errors.js';
import type { EntityReference } from '../webhook-change.js';
import { EntityWebhooks } from './entity-webhooks.js';
import { presentState } from './resource-change.js';
import { ReadResources, readResources } from './resource-rows.js';

/**
 * How resources are now, for the partners that are told: another transaction may have changed a resource beside the one that
 * emitted, and neither has seen the other's change.
 */
@Injectable()
export class ResourceStates {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly entities: EntityWebhooks,
  ) {}

  /**
   * Reads one outside of any transaction, with its relations, from the master: a replica may lag behind the event.
   *
   * @returns null when it is gone, or soft-removed and partners are not told that
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
    const queryRunner = this.database.dataSource.createQueryRunner('master');
    try {
      await readResources(queryRunner.manager, [row], now);
    } finally {
      await queryRunner.release();
    }
    const entity = now.of(row);
    return entity === undefined ? null : presentState(resource, entity);
  }
}

/** Whether TypeORM gives values of a column type as `Date`. */
function isMoment(type: unknown): boolean {
  return type === Date || /^(datetime|timestamp)/.test(String(type));
}
