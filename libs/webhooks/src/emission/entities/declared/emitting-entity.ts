import type { EntityMetadata, FindOptionsOrder, FindOptionsRelations, ObjectLiteral } from 'typeorm';
import type { ResourcePart } from './resource-parts.js';
import type { WebhookResourceOptions } from './webhook-resource.options.js';

/** A declared entity, with what the data source knows of it. */
export interface EmittingEntity {
  readonly metadata: EntityMetadata;
  readonly options: WebhookResourceOptions<ObjectLiteral>;
  /** What is loaded with it, and in which order. */
  readonly relations: FindOptionsRelations<ObjectLiteral>;
  readonly order: FindOptionsOrder<ObjectLiteral>;
  /** The relations whose rows change it when they change. */
  readonly parts: readonly ResourcePart[];
}

/** Whether rows of an entity are rows of another one: they are if it is the same, or derived in the same table. */
export function isKindOf(metadata: EntityMetadata, other: EntityMetadata): boolean {
  if (metadata === other) return true;
  // Left undefined for an entity that is derived from none, whatever its type says.
  const parent: EntityMetadata | undefined = metadata.parentEntityMetadata;
  return parent !== undefined && isKindOf(parent, other);
}

/** The text by which a row is known within its transaction. */
export function rowKey({ name, primaryColumns }: EntityMetadata, row: ObjectLiteral): string {
  const values = primaryColumns.map((column) => {
    const value: unknown = column.getEntityValue(row);
    // Numbers come from the host and from the driver as one or the other, and a database writes uuids in lower case.
    if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
    return typeof value === 'string' && column.type === 'uuid' ? value.toLowerCase() : value;
  });
  return JSON.stringify([name, ...values]);
}
