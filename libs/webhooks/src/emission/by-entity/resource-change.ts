import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { JsonObject } from '../../octo/json.js';
import type { ProductChange, WebhookChange } from '../webhook-change.js';
import type { EmittingEntity } from './emitting-entity.js';
import type { AvailabilityResourceOptions, ProductResourceOptions } from './webhook-resource.options.js';

/**
 * What a transaction that changed a resource means to partners.
 *
 * @param before the entity before the transaction's first change to it; null when the transaction created it
 * @param after the entity as it is now; null when it is gone
 * @returns null when there is nothing to tell
 * @throws whatever a function of the declaration throws
 */
export function resourceChange(
  resource: EmittingEntity,
  before: ObjectLiteral | null,
  after: ObjectLiteral | null,
): WebhookChange | null {
  const { metadata, options } = resource;
  const isGone = after === null || isSoftRemoved(metadata, after);
  if (isGone && (before === null || options.removed === 'ignore')) return null;
  const entity = after ?? before;
  if (entity === null) return null;
  const was = before === null ? null : seen(resource, before, isSoftRemoved(metadata, before));
  const is = seen(resource, entity, isGone);
  return JSON.stringify(was) === JSON.stringify(is) ? null : change(resource, entity, was, is);
}

function seen({ options }: EmittingEntity, entity: ObjectLiteral, isGone: boolean): JsonObject {
  return isGone && options.removed !== 'ignore' ? options.removed(entity) : options.state(entity);
}

function isSoftRemoved({ deleteDateColumn }: EntityMetadata, entity: ObjectLiteral): boolean {
  const removedAt: unknown = deleteDateColumn?.getEntityValue(entity);
  return removedAt !== null && removedAt !== undefined;
}

function change(
  { metadata, options }: EmittingEntity,
  entity: ObjectLiteral,
  before: JsonObject | null,
  after: JsonObject,
): WebhookChange {
  const supplierId = options.supplierId(entity);
  switch (options.event) {
    case 'availability_update': {
      const { event, productId, optionId, availabilityId } = options;
      return {
        event,
        supplierId,
        ...audience(options, entity),
        productId: productId(entity),
        optionId: optionId(entity),
        availabilityId: availabilityId(entity),
        after,
      };
    }
    case 'product_update': {
      const { event, resourceId = onlyKey(metadata) } = options;
      return { event, supplierId, ...audience(options, entity), resourceId: resourceId(entity), before, after };
    }
    case 'booking_update':
    case 'order_update': {
      const { event, connectionIds, resourceId = onlyKey(metadata) } = options;
      return {
        event,
        supplierId,
        connectionIds: connectionIds(entity),
        resourceId: resourceId(entity),
        before,
        after,
      };
    }
  }
}

function audience(
  { connectionIds }: ProductResourceOptions<ObjectLiteral> | AvailabilityResourceOptions<ObjectLiteral>,
  entity: ObjectLiteral,
): Pick<ProductChange, 'connectionIds'> {
  return connectionIds === undefined ? {} : { connectionIds: connectionIds(entity) };
}

function onlyKey({ primaryColumns }: EntityMetadata): (entity: ObjectLiteral) => string {
  return (entity) => String(primaryColumns[0]?.getEntityValue(entity));
}
