import type { EntityMetadata, ObjectLiteral, QueryRunner } from 'typeorm';
import { isKindOf, type EmittingEntity } from './emitting-entity.js';
import type { Relation } from './resource-parts.js';
import type { SavedParents } from './saved-parents.js';

type Property = Pick<Relation, 'propertyPath'>;

/** What TypeORM tells before it changes a row; some of it only for some of the changes. */
export interface RowEvent {
  readonly queryRunner: QueryRunner;
  readonly metadata: EntityMetadata;
  /** What is saved; it may be partial, and there is none for rows that only their parent refers to. */
  readonly entity?: ObjectLiteral | undefined;
  /** The row as it has just been read. */
  readonly databaseEntity?: ObjectLiteral | undefined;
  readonly entityId?: unknown;
  readonly updatedColumns?: readonly Property[];
  readonly updatedRelations?: readonly Property[];
}

/** A soft removal and a recovery touch what a removal does. */
export type RowChange = 'insert' | 'update' | 'remove';

/** Resources that an event is about: those to which one of some rows at the end of a path belongs. */
export interface Sighting {
  readonly resource: EmittingEntity;
  /** Empty for the resource itself. */
  readonly path: readonly Relation[];
  /** Each names a row. */
  readonly conditions: readonly ObjectLiteral[];
  /** The resource itself, as it has just been read, if that is all of it. */
  readonly row?: ObjectLiteral;
}

/** The resources that a row is, or belongs to before or after the change that is about to happen. */
export function sightings(
  kind: RowChange,
  event: RowEvent,
  resources: readonly EmittingEntity[],
  saved: SavedParents,
): Sighting[] {
  const id = kind === 'insert' ? undefined : idOf(event);
  return resources.flatMap((resource) => {
    const seen = id !== undefined && isKindOf(event.metadata, resource.metadata) ? [itself(resource, id, event)] : [];
    for (const { parents, relation, rows } of resource.parts) {
      if (!isKindOf(event.metadata, rows)) continue;
      if (id !== undefined && !relation.isManyToMany)
        seen.push({ resource, path: [...parents, relation], conditions: [id] });
      const owner = kind === 'insert' || isMoved(relation, event) ? ownerOf(relation, event.entity) : undefined;
      if (owner !== undefined) seen.push({ resource, path: parents, conditions: [owner] });
      // An update may move a row to a parent that it does not refer to. A link's own identity does not say which side is ours.
      if (kind === 'update' || (kind === 'insert' && owner === undefined) || relation.isManyToMany)
        seen.push({ resource, path: parents, conditions: saved.of(event.queryRunner, relation) });
    }
    return seen;
  });
}

function idOf({ metadata, databaseEntity, entity, entityId }: RowEvent): ObjectLiteral | undefined {
  const id = metadata.getEntityIdMap(databaseEntity ?? entity);
  return id ?? (entityId === undefined ? undefined : metadata.ensureEntityIdMap(entityId));
}

function itself(resource: EmittingEntity, id: ObjectLiteral, { metadata, databaseEntity }: RowEvent): Sighting {
  const sighting = { resource, path: [], conditions: [id] };
  return databaseEntity !== undefined && isAllOf(metadata, databaseEntity, resource)
    ? { ...sighting, row: databaseEntity }
    : sighting;
}

/** Whether a row that was read to be saved is what `ResourceRows.load` would give. */
function isAllOf(metadata: EntityMetadata, row: ObjectLiteral, { relations }: EmittingEntity): boolean {
  return (
    Object.keys(relations).length === 0 &&
    metadata.relationIds.length === 0 &&
    metadata.relations.every(
      (relation) => !relation.isEager && !relation.isLazy && relation.getEntityValue(row) === undefined,
    )
  );
}

/** Whether a row that is updated gets another parent, as far as the event tells. */
function isMoved({ inverseRelation }: Relation, { updatedColumns = [], updatedRelations = [] }: RowEvent): boolean {
  if (inverseRelation === undefined) return false;
  const references: Property[] = [inverseRelation, ...inverseRelation.joinColumns];
  return [...updatedColumns, ...updatedRelations].some((updated) =>
    references.some(({ propertyPath }) => propertyPath === updated.propertyPath),
  );
}

/** The parent that a row refers to, as a condition; undefined when it does not say. */
function ownerOf({ inverseRelation }: Relation, entity: ObjectLiteral | undefined): ObjectLiteral | undefined {
  if (entity === undefined) return undefined;
  const columns = inverseRelation?.joinColumns ?? [];
  const condition: ObjectLiteral = {};
  for (const column of columns) {
    const value: unknown = column.getEntityValue(entity);
    if (value === undefined || value === null || column.referencedColumn === undefined) return undefined;
    Object.assign(condition, column.referencedColumn.createValueMap(value));
  }
  return columns.length === 0 ? undefined : condition;
}
