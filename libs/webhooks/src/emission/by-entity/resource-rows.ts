import type { EntityManager, ObjectLiteral } from 'typeorm';
import { rowKey, type EmittingEntity } from './emitting-entity.js';
import { conditionAlong, type Relation } from './resource-parts.js';
import type { SavedParents } from './saved-parents.js';

const ROWS_AT_ONCE = 500;

/** Reads resources, many at once, in the transaction that changes them. */
export class ResourceRows {
  constructor(private readonly parents: SavedParents) {}

  /**
   * The resources as the database has them, by their keys. Those that are soft-removed come with all their related rows, the
   * others with those that are not.
   */
  async load(
    manager: EntityManager,
    resource: EmittingEntity,
    ids: readonly ObjectLiteral[],
  ): Promise<ReadonlyMap<string, ObjectLiteral>> {
    const rows = new Map<string, ObjectLiteral>();
    for (const chunk of chunks(ids)) {
      await this.read(manager, resource, chunk, false, rows);
      const missing = chunk.filter((id) => !rows.has(rowKey(resource.metadata, id)));
      if (missing.length > 0 && resource.metadata.deleteDateColumn !== undefined) {
        await this.read(manager, resource, missing, true, rows);
      }
    }
    return rows;
  }

  /**
   * The ids of the resources that rows belong to.
   *
   * @param path from the resource to the rows
   * @param conditions each of which names one of the rows
   */
  async idsOf(
    manager: EntityManager,
    { metadata }: EmittingEntity,
    path: readonly Relation[],
    conditions: readonly ObjectLiteral[],
  ): Promise<ObjectLiteral[]> {
    const ids: ObjectLiteral[] = [];
    for (const chunk of chunks(conditions)) {
      const found = await this.parents.ignoring(manager.queryRunner, () =>
        manager.find<ObjectLiteral>(metadata.target, {
          where: chunk.map((condition) => conditionAlong(path, condition)),
          withDeleted: true,
          loadEagerRelations: false,
        }),
      );
      for (const row of found) {
        const id = metadata.getEntityIdMap(row);
        if (id !== undefined) ids.push(id);
      }
    }
    return ids;
  }

  private async read(
    manager: EntityManager,
    { metadata, relations, order }: EmittingEntity,
    ids: ObjectLiteral[],
    withDeleted: boolean,
    rows: Map<string, ObjectLiteral>,
  ): Promise<void> {
    const found = await this.parents.ignoring(manager.queryRunner, () =>
      manager
        .createQueryBuilder<ObjectLiteral>(metadata.target, 'resource')
        .setFindOptions({ relations, order, withDeleted, relationLoadStrategy: 'join' })
        .whereInIds(ids)
        .getMany(),
    );
    for (const row of found) rows.set(rowKey(metadata, row), row);
  }
}

function* chunks<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let from = 0; from < items.length; from += ROWS_AT_ONCE) yield items.slice(from, from + ROWS_AT_ONCE);
}
