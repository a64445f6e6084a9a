import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import { InvalidWebhookResourceError } from '../../../webhooks.errors.js';
import { resourceOptionsOf } from './as-webhook-resource.decorator.js';
import type { EmittingEntity } from './emitting-entity.js';
import { loading, ordering, partsAlong, relationsAlong } from './resource-parts.js';
import type { WebhookResourceDeclaration } from './webhook-resource.declaration.js';
import type { WebhookResourceOptions } from './webhook-resource.options.js';

/**
 * The entities of a data source that are declared webhook resources, by decorator or in the module's options.
 *
 * @throws InvalidWebhookResourceError for a declaration that cannot work
 */
export function emittingEntities(
  dataSource: DataSource,
  declarations: readonly WebhookResourceDeclaration[],
): EmittingEntity[] {
  const emitting = new Map<EntityMetadata, EmittingEntity>();
  for (const { entity, options } of [...decorated(dataSource), ...declarations]) {
    if (!dataSource.hasMetadata(entity)) {
      throw new InvalidWebhookResourceError(
        entity.name,
        'is no entity of the data source with the webhook tables: add it to the "entities"',
      );
    }
    const metadata = dataSource.getMetadata(entity);
    if (emitting.has(metadata)) throw new InvalidWebhookResourceError(entity.name, 'is declared twice');
    emitting.set(metadata, emittingEntity(metadata, options));
  }
  return [...emitting.values()];
}

function decorated(dataSource: DataSource): WebhookResourceDeclaration[] {
  return dataSource.entityMetadatas.flatMap(({ target }) => {
    const options = typeof target === 'function' ? resourceOptionsOf(target) : null;
    return options === null ? [] : [{ entity: target as WebhookResourceDeclaration['entity'], options }];
  });
}

function emittingEntity(metadata: EntityMetadata, given: WebhookResourceOptions<never>): EmittingEntity {
  // Its functions are called with entities of this class only.
  const options = given as WebhookResourceOptions<ObjectLiteral>;
  if (options.event !== 'availability_update' && options.resourceId === undefined && metadata.hasMultiplePrimaryKeys) {
    throw new InvalidWebhookResourceError(metadata.name, 'has several primary columns: give "resourceId"');
  }
  const paths = (options.relations ?? []).map((path) => {
    const relations = relationsAlong(metadata, path);
    if (relations === null) throw new InvalidWebhookResourceError(metadata.name, `has no relation ${path}`);
    return relations;
  });
  return { metadata, options, relations: loading(paths), order: ordering(paths), parts: partsAlong(paths) };
}
