import type { EntityManager, ObjectLiteral } from 'typeorm';
import { rowKey, type EmittingEntity } from './emitting-entity.js';
import type { Relation } from './resource-parts.js';
import type { ResourceRows } from './resource-rows.js';
import type { Sighting } from './row-event.js';
import type { TouchedResources } from './touched-resources.js';

/** What has been seen of one resource's entity, at the end of one path. */
interface Sightings {
  readonly resource: EmittingEntity;
  readonly path: readonly Relation[];
  /** The same list comes with each row of a save. */
  readonly conditions: Set<readonly ObjectLiteral[]>;
}

/** Notes resources that are about to change, with how they are until then. */
export class ResourceCapture {
  constructor(private readonly rows: ResourceRows) {}

  /**
   * Reads the resources that are not noted yet: for each declared entity, a statement to find those that rows of a relation
   * belong to, and one for all of them, or more if they are hundreds.
   */
  async capture(manager: EntityManager, seen: readonly Sighting[], touched: TouchedResources): Promise<void> {
    const found = new Map<EmittingEntity, ObjectLiteral[]>();
    for (const { resource, path, conditions } of byPath(seen, touched)) {
      const ids = await this.idsOf(manager, resource, path, [...conditions].flat());
      found.set(resource, [...(found.get(resource) ?? []), ...ids]);
    }
    for (const [resource, ids] of found) {
      const unknown = new Map<string, ObjectLiteral>();
      for (const id of ids) {
        if (!touched.has(resource, id)) unknown.set(rowKey(resource.metadata, id), id);
      }
      const rows = await this.rows.load(manager, resource, [...unknown.values()]);
      for (const [key, id] of unknown) {
        const before = rows.get(key);
        // A parent that is not there is inserted by the same save, which tells of it later.
        if (before !== undefined) touched.add({ resource, id, before });
      }
    }
  }

  private async idsOf(
    manager: EntityManager,
    resource: EmittingEntity,
    path: readonly Relation[],
    conditions: readonly ObjectLiteral[],
  ): Promise<readonly ObjectLiteral[]> {
    const areIds = path.length === 0 && conditions.every((id) => resource.metadata.getEntityIdMap(id) !== undefined);
    return areIds ? conditions : this.rows.idsOf(manager, resource, path, conditions);
  }
}

/** Notes the resources that came with their row, and puts the other sightings together. */
function byPath(seen: readonly Sighting[], touched: TouchedResources): Iterable<Sightings> {
  const groups = new Map<string, Sightings>();
  for (const { resource, path, conditions, row } of seen) {
    const [id] = conditions;
    if (id === undefined) continue;
    if (row !== undefined) {
      touched.add({ resource, id, before: row });
      continue;
    }
    const key = [resource.metadata.name, ...path.map(({ propertyPath }) => propertyPath)].join('\t');
    const group = groups.get(key) ?? { resource, path, conditions: new Set() };
    groups.set(key, group);
    group.conditions.add(conditions);
  }
  return groups.values();
}
