import type { ObjectLiteral } from 'typeorm';
import { ReadResources, rowKey, type ResourceRow } from './resource-rows.js';

/** The resources that have been changed since a transaction, or a savepoint, began. */
export class TransactionNotes {
  /** Whether the events of the transaction are being written: a change that comes now needs one of its own. */
  isClosing = false;
  /** Resources as they were before their first change. */
  readonly before = new ReadResources();
  /** Resources that are changed, by key, in the order in which they were noted. */
  private readonly changed = new Map<string, ResourceRow>();
  /** The keys of those that the transaction created. */
  private readonly created = new Set<string>();
  /** Resources that are removed, by key, as they were last read. */
  private readonly removed = new Map<string, ObjectLiteral>();
  /** Rows that were inserted or updated: whoever owns them at the end is changed. */
  private readonly saved = new Map<string, ResourceRow>();

  /** Notes that a row is about to be changed: its resource has just been read, if there is one. */
  change(row: ResourceRow): void {
    const owner = this.before.ownerOf(row);
    const entity = this.before.of(row);
    if (owner !== undefined && entity !== undefined && !this.changed.has(owner))
      this.changed.set(owner, { resource: row.resource, path: [], id: entity });
  }

  /** Notes that the row of a resource has been inserted. */
  create(row: ResourceRow): void {
    const key = rowKey(row);
    if (!this.removed.has(key)) this.created.add(key);
    if (!this.changed.has(key)) this.changed.set(key, row);
  }

  isCreated(row: ResourceRow): boolean {
    return this.created.has(rowKey(row));
  }

  save(row: ResourceRow): void {
    this.saved.set(rowKey(row), row);
  }

  /** Notes that a row is about to be removed. */
  remove(row: ResourceRow, read: ReadResources): void {
    const key = rowKey(row);
    const entity = read.get(key);
    this.saved.delete(key);
    if (entity !== undefined) this.removed.set(key, entity);
  }

  /** The rows to read, so that the final state of each changed resource is known. */
  get rows(): readonly ResourceRow[] {
    return [...this.changed.values(), ...this.saved.values()];
  }

  /** The resources that are changed, with how they were before, and are in the end. */
  *resources(now: ReadResources): Generator<NotedResource> {
    const owned = [...this.saved.values()].flatMap((row) => {
      const key = now.ownerOf(row);
      return key === undefined ? [] : [[key, row] as const];
    });
    for (const [key, { resource }] of new Map([...this.changed, ...owned])) {
      const before = this.created.has(key) ? null : this.before.get(key);
      const entity = now.get(key);
      yield { resource, before, after: entity ?? null, last: entity ?? this.removed.get(key) ?? before ?? null };
    }
  }

  /** Takes over what another one has noted later. */
  addAll(later: TransactionNotes): void {
    this.before.addAll(later.before);
    for (const [key, row] of later.changed) if (!this.changed.has(key)) this.changed.set(key, row);
    for (const key of later.created) if (!this.removed.has(key)) this.created.add(key);
    for (const [key, entity] of later.removed) this.removed.set(key, entity);
    for (const [key, row] of later.saved) this.saved.set(key, row);
  }

  /** Hands out what has been noted, and forgets it. */
  take(): TransactionNotes {
    const taken = new TransactionNotes();
    taken.addAll(this);
    this.before.clear();
    for (const noted of [this.changed, this.created, this.removed, this.saved]) noted.clear();
    return taken;
  }
}

/** A resource that a transaction has changed. */
export interface NotedResource extends Pick<ResourceRow, 'resource'> {
  /** Before its first change; null when the transaction created it, undefined when nobody knows. */
  readonly before: ObjectLiteral | null | undefined;
  /** null when it is gone. */
  readonly after: ObjectLiteral | null;
  /** As it was last read. */
  readonly last: ObjectLiteral | null;
}
