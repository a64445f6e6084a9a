import type { DataSource, EntityMetadata, FindOptionsOrder, FindOptionsRelations, ObjectLiteral } from 'typeorm';
import { InvalidWebhookResourceError } from '../../webhooks.errors.js';
import { loading, ordering, partsAlong, relationsAlong, type ResourcePart } from './resource-parts.js';
import {
  resourceOptionsOf,
  type WebhookResourceDeclaration,
  type WebhookResourceOptions,
} from './webhook-resource.decorator.js';

/** An entity that is declared a webhook resource, with what the data source knows about it. */
export interface DeclaredResource {
  readonly metadata: EntityMetadata;
  readonly options: WebhookResourceOptions<ObjectLiteral>;
  /** What is loaded with it, and in which order. */
  readonly relations: FindOptionsRelations<ObjectLiteral>;
  readonly order: FindOptionsOrder<ObjectLiteral>;
  /** The relations whose rows change it when they change. */
  readonly parts: readonly ResourcePart[];
}

/**
 * The entities of a data source that are declared webhook resources, by decorator or in the module's options; by name.
 *
 * @throws InvalidWebhookResourceError for a declaration that cannot work
 */
export function declaredResources(
  dataSource: DataSource,
  declarations: readonly WebhookResourceDeclaration[],
): ReadonlyMap<string, DeclaredResource> {
  const resources = new Map<string, DeclaredResource>();
  for (const { entity, options } of [...decorated(dataSource), ...declarations]) {
    if (!dataSource.hasMetadata(entity)) {
      throw new InvalidWebhookResourceError(
        entity.name,
        'is no entity of the data source with the webhook tables: add it to the "entities"',
      );
    }
    const metadata = dataSource.getMetadata(entity);
    if (resources.has(metadata.name)) throw new InvalidWebhookResourceError(entity.name, 'is declared twice');
    resources.set(metadata.name, declaredResource(metadata, options));
  }
  return resources;
}

function decorated(dataSource: DataSource): WebhookResourceDeclaration[] {
  return dataSource.entityMetadatas.flatMap(({ target }) => {
    const options = typeof target === 'function' ? resourceOptionsOf(target) : null;
    return options === null ? [] : [{ entity: target as WebhookResourceDeclaration['entity'], options }];
  });
}

function declaredResource(metadata: EntityMetadata, given: WebhookResourceOptions<never>): DeclaredResource {
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

/** Whether rows of an entity are rows of another one: they are if it is the same, or derived in the same table. */
export function isKindOf(metadata: EntityMetadata, other: EntityMetadata): boolean {
  if (metadata === other) return true;
  // Left undefined for an entity that is derived from none, whatever its type says.
  const parent: EntityMetadata | undefined = metadata.parentEntityMetadata;
  return parent !== undefined && isKindOf(parent, other);
}

export function isSoftRemoved({ deleteDateColumn }: EntityMetadata, entity: ObjectLiteral): boolean {
  const removedAt: unknown = deleteDateColumn?.getEntityValue(entity);
  return removedAt !== null && removedAt !== undefined;
}
