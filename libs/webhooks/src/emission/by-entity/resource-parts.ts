import type { EntityMetadata, FindOptionsOrder, FindOptionsRelations, ObjectLiteral } from 'typeorm';

export type Relation = EntityMetadata['relations'][number];

/** A declared relation whose rows, or links, belong to one parent: a change of them is a change of the resource. */
export interface ResourcePart {
  /** The relations from the resource to the entity that has this one. */
  readonly parents: readonly Relation[];
  readonly relation: Relation;
  /** The entity of its rows; for a many-to-many, of the links in the junction table. */
  readonly rows: EntityMetadata;
  /** The columns of a row, or link, that refer to the parent. */
  readonly references: Relation['joinColumns'];
}

/** Nested objects, as TypeORM's find options are. */
interface Tree {
  [property: string]: Tree;
}

/**
 * The relations that a path names.
 *
 * @param path property names, dotted: `options.units`
 * @returns null when there is no such path
 */
export function relationsAlong(metadata: EntityMetadata, path: string): readonly Relation[] | null {
  const relations: Relation[] = [];
  let owner = metadata;
  let property = '';
  for (const segment of path.split('.')) {
    // A relation of an embedded object has a dot in its own path.
    property = property === '' ? segment : `${property}.${segment}`;
    const relation = owner.findRelationWithPropertyPath(property);
    if (relation === undefined) continue;
    relations.push(relation);
    owner = relation.inverseEntityMetadata;
    property = '';
  }
  return property === '' && relations.length > 0 ? relations : null;
}

/** The parts on paths, each of them once. Beyond rows that others share, nothing belongs to the resource. */
export function partsAlong(paths: readonly (readonly Relation[])[]): ResourcePart[] {
  const parts = new Map<string, ResourcePart>();
  for (const path of paths) {
    for (const [index, relation] of path.entries()) {
      if (relation.isManyToOne) break;
      const parents = path.slice(0, index);
      parts.set(dotted([...parents, relation]), part(parents, relation));
      if (relation.isManyToMany) break;
    }
  }
  return [...parts.values()];
}

function part(parents: readonly Relation[], relation: Relation): ResourcePart {
  const { junctionEntityMetadata: links, inverseEntityMetadata: rows, inverseRelation } = relation;
  if (links === undefined) return { parents, relation, rows, references: inverseRelation?.joinColumns ?? [] };
  return { parents, relation, rows: links, references: relation.isOwning ? links.ownerColumns : links.inverseColumns };
}

/** The parent that a row, or link, refers to, as a condition; undefined when it does not say. */
export function parentOf({ references }: ResourcePart, row: ObjectLiteral): ObjectLiteral | undefined {
  const condition: ObjectLiteral = {};
  for (const column of references) {
    const value: unknown = column.getEntityValue(row);
    if (value === undefined || value === null || column.referencedColumn === undefined) return undefined;
    Object.assign(condition, column.referencedColumn.createValueMap(value));
  }
  return references.length === 0 ? undefined : condition;
}

/** The rows at the end of a path from an entity, as far as they were loaded. */
export function rowsAlong(entity: ObjectLiteral, path: readonly Relation[]): ObjectLiteral[] {
  const [relation, ...rest] = path;
  if (relation === undefined) return [entity];
  const rows = [relation.getEntityValue(entity) ?? []].flat() as ObjectLiteral[];
  return rows.flatMap((row) => rowsAlong(row, rest));
}

/** The find options that load paths. */
export function loading(paths: readonly (readonly Relation[])[]): FindOptionsRelations<ObjectLiteral> {
  const tree: Tree = {};
  for (const path of paths) branch(tree, dotted(path));
  return tree;
}

/** The find options that order the rows on paths by primary key: a database is free to give them in another order each time. */
export function ordering(paths: readonly (readonly Relation[])[]): FindOptionsOrder<ObjectLiteral> {
  const tree: Tree = {};
  for (const path of paths) {
    for (const [index, { inverseEntityMetadata }] of path.entries()) {
      const rows = branch(tree, dotted(path.slice(0, index + 1)));
      for (const column of inverseEntityMetadata.primaryColumns) {
        // A key that is a relation is the same for all rows of a parent, or would need a join.
        if (column.relationMetadata === undefined) Object.assign(rows, column.createValueMap('ASC'));
      }
    }
  }
  return tree;
}

/** The condition on a resource that one of the rows at the end of a path fulfils another. */
export function conditionAlong(path: readonly Relation[], condition: ObjectLiteral): ObjectLiteral {
  if (path.length === 0) return condition;
  return dotted(path)
    .split('.')
    .reduceRight<ObjectLiteral>((inner, property) => ({ [property]: inner }), condition);
}

export function dotted(path: readonly Relation[]): string {
  return path.map(({ propertyPath }) => propertyPath).join('.');
}

function branch(tree: Tree, path: string): Tree {
  return path.split('.').reduce((node, property) => (node[property] ??= {}), tree);
}
