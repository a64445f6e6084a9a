import type { DataSource, ObjectLiteral, QueryRunner } from 'typeorm';
import { isKindOf, type EmittingEntity } from './emitting-entity.js';
import type { Relation } from './resource-parts.js';

interface Parents {
  readonly ids: Map<Relation, ObjectLiteral[]>;
  /** Whether the save that read them has been seen. */
  used: boolean;
}

/**
 * Remembers the parents that are being saved together with their rows.
 *
 * TypeORM does not say to whom a row belongs that it inserts, moves or lets go because a parent is saved: the row has no
 * reference to its parent yet, or no identity at all. But right before, it reads the parent with nothing but the ids of
 * its rows, which an ordinary read does not. A parent remembered without need costs reading it, and no event.
 */
export class SavedParents {
  private readonly saved = new WeakMap<QueryRunner, Parents>();
  private readonly ignored = new WeakSet<QueryRunner>();

  /** Watches the parents of all parts. */
  constructor(dataSource: DataSource, resources: readonly EmittingEntity[]) {
    const relations = resources.flatMap(({ parts }) => parts.map(({ relation }) => relation));
    for (const relation of new Set(relations)) {
      dataSource.subscribers.push({
        listenTo: () => relation.entityMetadata.target,
        afterLoad: (entity: ObjectLiteral, event) => {
          if (event === undefined || !isKindOf(event.metadata, relation.entityMetadata)) return;
          if (isReadToSave(relation, entity)) this.remember(event.queryRunner, relation, entity);
        },
      });
    }
  }

  /** The ids of the parents that are being saved with rows of a relation, as TypeORM takes them. */
  of(queryRunner: QueryRunner, relation: Relation): readonly ObjectLiteral[] {
    const parents = this.saved.get(queryRunner);
    if (parents === undefined) return [];
    parents.used = true;
    return parents.ids.get(relation) ?? [];
  }

  /** Reads on one's own behalf: nothing of it is being saved. */
  async ignoring<Result>(queryRunner: QueryRunner | undefined, read: () => Promise<Result>): Promise<Result> {
    if (queryRunner === undefined) return read();
    this.ignored.add(queryRunner);
    try {
      return await read();
    } finally {
      this.ignored.delete(queryRunner);
    }
  }

  private remember(queryRunner: QueryRunner, relation: Relation, parent: ObjectLiteral): void {
    if (this.ignored.has(queryRunner)) return;
    let parents = this.saved.get(queryRunner);
    if (parents === undefined || parents.used) {
      // The first parent of the next save.
      parents = { ids: new Map(), used: false };
      this.saved.set(queryRunner, parents);
    }
    const id = relation.entityMetadata.getEntityIdMap(parent);
    const ids = parents.ids.get(relation);
    if (id === undefined) return;
    if (ids === undefined) parents.ids.set(relation, [id]);
    else ids.push(id);
  }
}

/** Whether a parent was read with ids in place of rows. Those of one-to-many are always there, if only as an empty list. */
function isReadToSave(relation: Relation, parent: ObjectLiteral): boolean {
  const value: unknown = relation.getEntityValue(parent);
  if (relation.isOneToOne) return value === undefined || isId(value);
  return Array.isArray(value) && value.every(isId);
}

function isId(value: unknown): boolean {
  return typeof value === 'object' && value !== null && value.constructor === Object;
}
