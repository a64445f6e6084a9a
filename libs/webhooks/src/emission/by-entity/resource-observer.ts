import type { DataSource, EntityMetadata, EntitySubscriberInterface, ObjectLiteral, QueryRunner } from 'typeorm';
import { isKindOf, type DeclaredResource } from './declared-resource.js';
import { parentOf, type Relation, type ResourcePart } from './resource-parts.js';
import { ReadResources, readResources, type ResourceRow } from './resource-rows.js';
import type { TransactionNotes } from './transaction-notes.js';

type Done = Promise<void> | undefined;

/** What TypeORM reports of a row before or after it changes it; some of it only for some of the changes. */
interface RowEvent {
  readonly queryRunner: QueryRunner;
  readonly metadata: EntityMetadata;
  /** The entity that is saved. It may be partial. A row that only its parent refers to has none. */
  readonly entity?: ObjectLiteral | undefined;
  /** The row as it has just been read. */
  readonly databaseEntity?: ObjectLiteral | undefined;
  readonly entityId?: unknown;
}

/** A soft removal leaves the row where it is; a recovery is an update. */
type RowChange = 'update' | 'remove' | 'soft-remove';

/** A row that is about to be changed. */
interface ChangingRow extends ResourceRow {
  /** null for the parent of a row that is about to be inserted. */
  readonly change: RowChange | null;
  /** The resource, as it has just been read, if that is all of it. */
  readonly entity?: ObjectLiteral | undefined;
}

interface Batch {
  readonly rows: ChangingRow[];
  readonly done: Promise<void>;
}

/** Where the observer puts its notes. */
export interface NoteTaking {
  /** The notes of the transaction, or savepoint, that is open; without one, those for which no event has been written. */
  notes(queryRunner: QueryRunner): TransactionNotes;
  /** To be waited for after each change. */
  changed(queryRunner: QueryRunner): Done;
}

/**
 * The subscriber that notes which resources the host changes. Before a change it reads resources that are not noted yet: their
 * state may never have been sent, and a row that moves or is removed can be found in its resource only now.
 */
export class ResourceObserver implements EntitySubscriberInterface<ObjectLiteral> {
  readonly afterUpdate = ({ queryRunner }: RowEvent): Done => this.taking.changed(queryRunner);
  readonly afterRemove = this.afterUpdate;
  readonly afterSoftRemove = this.afterUpdate;
  readonly afterRecover = this.afterUpdate;
  readonly afterTransactionCommit = ({ queryRunner }: Pick<RowEvent, 'queryRunner'>): void => {
    // That of a savepoint is not the end.
    if (!queryRunner.isTransactionActive) this.parents.delete(queryRunner);
  };
  readonly afterTransactionRollback = this.afterTransactionCommit;
  private readonly batches = new WeakMap<QueryRunner, Batch>();
  private readonly parents = new WeakMap<QueryRunner, Map<Relation, ObjectLiteral[]>>();

  constructor(
    private readonly resources: readonly DeclaredResource[],
    private readonly taking: NoteTaking,
  ) {}

  observe(dataSource: DataSource): void {
    dataSource.subscribers.push(this);
    const relations = this.resources.flatMap(({ parts }) => parts.map(({ relation }) => relation));
    for (const relation of new Set(relations)) {
      dataSource.subscribers.push({
        listenTo: () => relation.entityMetadata.target,
        afterLoad: (parent: ObjectLiteral, event) => {
          if (event !== undefined && isReadToSave(relation, parent)) this.remember(event.queryRunner, relation, parent);
        },
      });
    }
  }

  beforeInsert({ queryRunner, metadata, entity }: RowEvent): Done {
    const rows = this.partsOf(metadata).flatMap(([resource, part]): ChangingRow[] => {
      const named = entity === undefined ? undefined : parentOf(part, entity);
      const parents = named === undefined ? this.savedParents(queryRunner, part) : [named];
      return parents.map((id) => ({ resource, path: part.parents, id, change: null }));
    });
    return this.before(queryRunner, rows);
  }

  beforeUpdate(event: RowEvent): Done {
    return this.beforeChange('update', event);
  }

  beforeRemove(event: RowEvent): Done {
    return this.beforeChange('remove', event);
  }

  beforeSoftRemove(event: RowEvent): Done {
    return this.beforeChange('soft-remove', event);
  }

  beforeRecover(event: RowEvent): Done {
    return this.beforeChange('update', event);
  }

  /** Only now does a new row have an identity that the database has given it. */
  afterInsert(event: RowEvent): Done {
    const { queryRunner, metadata } = event;
    const id = idOf(event);
    const notes = this.taking.notes(queryRunner);
    for (const resource of this.resourcesOf(metadata)) if (id !== undefined) notes.create({ resource, path: [], id });
    for (const [resource, part] of this.partsOf(metadata)) {
      const row = id === undefined ? undefined : rowIn(resource, part, id);
      if (row !== undefined) notes.save(row);
    }
    return this.taking.changed(queryRunner);
  }

  private resourcesOf(metadata: EntityMetadata): DeclaredResource[] {
    return this.resources.filter((resource) => isKindOf(metadata, resource.metadata));
  }

  private partsOf(metadata: EntityMetadata): [DeclaredResource, ResourcePart][] {
    return this.resources.flatMap((resource) =>
      resource.parts
        .filter((part) => isKindOf(metadata, part.rows))
        .map((part): [DeclaredResource, ResourcePart] => [resource, part]),
    );
  }

  private beforeChange(change: RowChange, event: RowEvent): Done {
    const { queryRunner, metadata, databaseEntity } = event;
    const id = idOf(event);
    const rows: ChangingRow[] = [];
    for (const resource of this.resourcesOf(metadata)) {
      if (id === undefined) continue;
      rows.push({
        resource,
        path: [],
        id,
        change,
        entity: isAllOf(resource, databaseEntity) ? databaseEntity : undefined,
      });
    }
    for (const [resource, part] of this.partsOf(metadata)) {
      const row = id === undefined ? undefined : rowIn(resource, part, id);
      if (row !== undefined) rows.push({ ...row, change: part.relation.isManyToMany ? 'update' : change });
      else {
        for (const parent of this.savedParents(queryRunner, part))
          rows.push({ resource, path: part.parents, id: parent, change: 'update' });
      }
    }
    return this.before(queryRunner, rows);
  }

  /** TypeORM reports all rows of a save before it waits for the answers, so that they can be read together. */
  private before(queryRunner: QueryRunner, changing: readonly ChangingRow[]): Done {
    if (changing.length === 0) return undefined;
    let batch = this.batches.get(queryRunner);
    if (batch === undefined) {
      const rows: ChangingRow[] = [];
      const done = Promise.resolve().then(() => {
        this.batches.delete(queryRunner);
        return this.note(queryRunner, rows);
      });
      batch = { rows, done };
      this.batches.set(queryRunner, batch);
    }
    batch.rows.push(...changing);
    return batch.done;
  }

  private async note(queryRunner: QueryRunner, rows: readonly ChangingRow[]): Promise<void> {
    const { manager } = queryRunner;
    const earlier = this.taking.notes(queryRunner);
    const last = new ReadResources();
    const read = new ReadResources();
    for (const row of rows) {
      const known = earlier.before.of(row);
      if (known !== undefined) read.add(row.resource, known);
      if (row.entity !== undefined) (row.change === 'remove' ? last : read).add(row.resource, row.entity);
    }
    const removed = rows.filter(({ path, change }) => path.length === 0 && change === 'remove');
    await readResources(manager, removed, last);
    read.addAll(last);
    await readResources(
      manager,
      rows.filter((row) => !earlier.isCreated(row)),
      read,
    );
    // Other saves may have gone on meanwhile, and their events may have been written.
    const notes = this.taking.notes(queryRunner);
    notes.before.addAll(read);
    for (const row of rows) {
      if (row.change !== null) notes.change(row);
      if (row.change === 'update') notes.save(row);
      if (row.change === 'remove') notes.remove(row, last);
    }
  }

  /**
   * TypeORM does not say which row it is that a parent lets go, or takes over, when the parent is saved. But right before, it
   * reads the parent with the ids of its rows, which an ordinary read does not. A parent remembered without need costs reading
   * it at most once in the transaction.
   */
  private remember(queryRunner: QueryRunner, relation: Relation, parent: ObjectLiteral): void {
    const id = relation.entityMetadata.getEntityIdMap(parent);
    if (id === undefined) return;
    const known = this.parents.get(queryRunner) ?? new Map<Relation, ObjectLiteral[]>();
    this.parents.set(queryRunner, known);
    const ids = known.get(relation);
    if (ids === undefined) known.set(relation, [id]);
    else ids.push(id);
  }

  private savedParents(queryRunner: QueryRunner, { relation }: ResourcePart): readonly ObjectLiteral[] {
    return this.parents.get(queryRunner)?.get(relation) ?? [];
  }
}

function idOf({ metadata, databaseEntity, entity, entityId }: RowEvent): ObjectLiteral | undefined {
  const id = metadata.getEntityIdMap(databaseEntity ?? entity);
  return id ?? (entityId === undefined ? undefined : metadata.ensureEntityIdMap(entityId));
}

/** A row, as a part of a resource; of a link, the parent. */
function rowIn(resource: DeclaredResource, part: ResourcePart, id: ObjectLiteral): ResourceRow | undefined {
  const { parents, relation } = part;
  if (!relation.isManyToMany) return { resource, path: [...parents, relation], id };
  const parent = parentOf(part, id);
  return parent === undefined ? undefined : { resource, path: parents, id: parent };
}

/** Whether a row that was read to be saved is all that `readResources` would give. */
function isAllOf({ metadata, relations }: DeclaredResource, row: ObjectLiteral | undefined): boolean {
  return (
    row !== undefined &&
    Object.keys(relations).length === 0 &&
    metadata.relationIds.length === 0 &&
    metadata.columns.every(({ isSelect }) => isSelect) &&
    metadata.relations.every(
      (relation) => !relation.isEager && !relation.isLazy && relation.getEntityValue(row) === undefined,
    )
  );
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
