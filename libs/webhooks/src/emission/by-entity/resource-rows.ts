import type { EntityManager, EntityMetadata, ObjectLiteral } from 'typeorm';
import { groupedBy } from '../../database/sql.js';
import { isSoftRemoved, type DeclaredResource } from './declared-resource.js';
import { conditionAlong, dotted, rowsAlong, type Relation } from './resource-parts.js';

const ROWS_AT_ONCE = 500;

/** A row of a resource, and where it is in there. */
export interface ResourceRow {
  readonly resource: DeclaredResource;
  /** From the resource to the row; empty for the row of the resource itself. */
  readonly path: readonly Relation[];
  /** Its primary key, or another condition that only this row fulfils, as TypeORM takes them. */
  readonly id: ObjectLiteral;
}

/** Identifies a row: the same text for what the host gives and for what the database has. */
export function rowKey({ resource, path, id }: ResourceRow): string {
  const { primaryColumns }: EntityMetadata = path.at(-1)?.inverseEntityMetadata ?? resource.metadata;
  const values = primaryColumns.map((column) => {
    const value: unknown = column.getEntityValue(id);
    // Numbers come from the host and from the driver as one or the other, and a database writes uuids in lower case.
    if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
    return typeof value === 'string' && column.type === 'uuid' ? value.toLowerCase() : value;
  });
  return JSON.stringify([resource.metadata.name, dotted(path), values.includes(undefined) ? id : values]);
}

/** Resources that were read, each as it was first read. */
export class ReadResources {
  private readonly entities = new Map<string, ObjectLiteral>();
  /** Their rows: key of the row to that of the resource. */
  private readonly owners = new Map<string, string>();

  add(resource: DeclaredResource, entity: ObjectLiteral): void {
    const key = rowKey({ resource, path: [], id: entity });
    if (this.entities.has(key)) return;
    this.entities.set(key, entity);
    this.own(key, key);
    for (const { parents, relation } of resource.parts) {
      if (relation.isManyToMany) continue;
      const path = [...parents, relation];
      for (const id of rowsAlong(entity, path)) this.own(rowKey({ resource, path, id }), key);
    }
  }

  addAll(others: ReadResources): void {
    for (const [key, entity] of others.entities) if (!this.entities.has(key)) this.entities.set(key, entity);
    for (const [row, owner] of others.owners) this.own(row, owner);
  }

  /** @param key of a resource */
  get(key: string): ObjectLiteral | undefined {
    return this.entities.get(key);
  }

  /** The key of the resource that a row belongs to. */
  ownerOf(row: ResourceRow): string | undefined {
    return this.owners.get(rowKey(row));
  }

  /** The resource that a row belongs to. */
  of(row: ResourceRow): ObjectLiteral | undefined {
    const owner = this.ownerOf(row);
    return owner === undefined ? undefined : this.entities.get(owner);
  }

  clear(): void {
    this.entities.clear();
    this.owners.clear();
  }

  private own(row: string, owner: string): void {
    if (!this.owners.has(row)) this.owners.set(row, owner);
  }
}

/**
 * Reads the resources that rows belong to, with their relations: a statement for each path, or more for hundreds of rows. What
 * has been read is not read again. A soft-removed resource comes with all its rows, any other without the soft-removed ones.
 *
 * @param into what has been read, and is added to
 */
export async function readResources(
  manager: EntityManager,
  rows: readonly ResourceRow[],
  into: ReadResources,
): Promise<void> {
  // A resource comes with the rows on its paths, which need no statement then.
  const shortestFirst = rows.toSorted((a, b) => a.path.length - b.path.length);
  for (const group of groupedBy(shortestFirst, ({ resource, path }) => rowKey({ resource, path, id: {} })).values()) {
    const unread = group.filter((row) => into.ownerOf(row) === undefined);
    for (const chunk of chunks(unread)) {
      const [{ resource }] = chunk;
      const found = await read(manager, chunk, false);
      const removed = found.filter((entity) => isSoftRemoved(resource.metadata, entity));
      const whole = await read(
        manager,
        removed.map((id) => ({ resource, path: [], id })),
        true,
      );
      for (const entity of [...found.filter((one) => !removed.includes(one)), ...whole]) into.add(resource, entity);
    }
  }
}

/** Reads the resources of rows at the end of one path, with or without their soft-removed rows. */
async function read(
  manager: EntityManager,
  rows: readonly ResourceRow[],
  withDeleted: boolean,
): Promise<ObjectLiteral[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const { path } = first;
  const { metadata, relations, order } = first.resource;
  const query = manager
    .createQueryBuilder<ObjectLiteral>(metadata.target, 'resource')
    .setFindOptions({ relations, order, withDeleted, relationLoadStrategy: 'join' })
    // From here on, it lets the resources themselves be soft-removed.
    .withDeleted();
  for (const alias of query.expressionMap.aliases) {
    const unselected = alias.hasMetadata ? alias.metadata.columns.filter((column) => !column.isSelect) : [];
    query.addSelect(unselected.map(({ propertyPath }) => `${alias.name}.${propertyPath}`));
  }
  const ids = path.length > 0 ? [] : rows.flatMap(({ id }) => metadata.getEntityIdMap(id) ?? []);
  if (ids.length === rows.length) return query.whereInIds(ids).getMany();
  const key = (alias: string) => metadata.primaryColumns.map(({ propertyPath }) => `${alias}.${propertyPath}`);
  const owners = query.subQuery().select(key('owner')).from(metadata.target, 'owner');
  owners.setFindOptions({
    where: rows.map(({ id }) => conditionAlong(path, id)),
    withDeleted: true,
    loadEagerRelations: false,
  });
  return query.where(`(${key('resource').join(', ')}) IN ${owners.getQuery()}`).getMany();
}

function* chunks<Item>(items: readonly Item[]): Generator<[Item, ...Item[]]> {
  for (let from = 0; from < items.length; from += ROWS_AT_ONCE) {
    const [first, ...others] = items.slice(from, from + ROWS_AT_ONCE);
    if (first !== undefined) yield [first, ...others];
  }
}
