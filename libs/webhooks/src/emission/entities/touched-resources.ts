import type { ObjectLiteral } from 'typeorm';
import { rowKey, type EmittingEntity } from './emitting-entity.js';

/** A resource that has been changed, or whose parts have. */
export interface TouchedResource {
  readonly resource: EmittingEntity;
  /** Its primary key, as TypeORM takes it. */
  readonly id: ObjectLiteral;
  /** The entity before it was first touched; null when it was created then. */
  readonly before: ObjectLiteral | null;
}

/** The resources that have been touched since a transaction, or a savepoint, began, in that order. */
export class TouchedResources {
  /** Whether the events of the transaction are being written: what comes now has to see to itself. */
  isClosing = false;
  private readonly touched = new Map<string, TouchedResource>();

  has(resource: EmittingEntity, id: ObjectLiteral): boolean {
    return this.touched.has(rowKey(resource.metadata, id));
  }

  /** Notes a resource, unless it was touched earlier: that was the state before. */
  add(touched: TouchedResource): void {
    if (!this.has(touched.resource, touched.id))
      this.touched.set(rowKey(touched.resource.metadata, touched.id), touched);
  }

  addAll(others: TouchedResources): void {
    others.list().forEach((touched) => this.add(touched));
  }

  list(): readonly TouchedResource[] {
    return [...this.touched.values()];
  }

  /** Forgets what has been told. */
  remove(told: readonly TouchedResource[]): void {
    for (const { resource, id } of told) this.touched.delete(rowKey(resource.metadata, id));
  }
}
