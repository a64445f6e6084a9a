import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { JsonObject } from '../../octo/json.js';
import type { EntityOrigin, ProductChange, WebhookChange } from '../webhook-change.js';
import { isSoftRemoved, type DeclaredResource } from './declared-resource.js';
import type { NotedResource } from './transaction-notes.js';
import type { AvailabilityResourceOptions, ProductResourceOptions } from './webhook-resource.decorator.js';

/**
 * What a transaction that changed a resource means to partners.
 *
 * @returns null when there is nothing to report
 * @throws whatever a function of the declaration throws
 */
export function resourceChange({
  resource,
  before,
  after,
  last,
}: NotedResource): (WebhookChange & EntityOrigin) | null {
  if (last === null) return null;
  const state = after === null ? removedState(resource, last) : presentState(resource, after);
  if (state === null) return null;
  const isGone = after === null || isSoftRemoved(resource.metadata, after);
  if (isGone && before === null) return null;
  return { ...change(resource, last, state), ...origin(resource, last, before) };
}

/** How partners see an entity as it is; null when they see none that is soft-removed. */
export function presentState(resource: DeclaredResource, entity: ObjectLiteral): JsonObject | null {
  return isSoftRemoved(resource.metadata, entity) ? removedState(resource, entity) : resource.options.state({ entity });
}

function removedState({ options }: DeclaredResource, entity: ObjectLiteral): JsonObject | null {
  return options.removed === 'ignore' ? null : options.removed({ entity });
}

function origin(
  resource: DeclaredResource,
  entity: ObjectLiteral,
  before: ObjectLiteral | null | undefined,
): EntityOrigin {
  const { metadata, options } = resource;
  const id = metadata.getEntityIdMap(entity) ?? {};
  const entityReference = { entity: { name: metadata.name, id } };
  if (before === null || before === undefined) return entityReference;
  return { ...entityReference, earlier: presentState(resource, before) ?? options.state({ entity: before }) };
}

function change({ metadata, options }: DeclaredResource, entity: ObjectLiteral, after: JsonObject): WebhookChange {
  const supplierId = options.supplierId({ entity });
  switch (options.event) {
    case 'availability_update': {
      const { event, productId, optionId, availabilityId } = options;
      return {
        event,
        supplierId,
        ...audience(options, entity),
        productId: productId({ entity }),
        optionId: optionId({ entity }),
        availabilityId: availabilityId({ entity }),
        after,
      };
    }
    case 'product_update': {
      const { event, resourceId = onlyKey(metadata) } = options;
      return { event, supplierId, ...audience(options, entity), resourceId: resourceId({ entity }), after };
    }
    case 'booking_update':
    case 'order_update': {
      const { event, connectionIds, resourceId = onlyKey(metadata) } = options;
      return {
        event,
        supplierId,
        connectionIds: connectionIds({ entity }),
        resourceId: resourceId({ entity }),
        after,
      };
    }
  }
}

function audience(
  { connectionIds }: ProductResourceOptions<ObjectLiteral> | AvailabilityResourceOptions<ObjectLiteral>,
  entity: ObjectLiteral,
): Pick<ProductChange, 'connectionIds'> {
  return connectionIds === undefined ? {} : { connectionIds: connectionIds({ entity }) };
}

function onlyKey({ primaryColumns }: EntityMetadata): (given: { entity: ObjectLiteral }) => string {
  return ({ entity }) => String(primaryColumns[0]?.getEntityValue(entity));
}
