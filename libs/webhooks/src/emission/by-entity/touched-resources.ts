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

  /** Takes over what a savepoint has touched. */
  addAll(others: TouchedResources): void {
    others.take().forEach((touched) => this.add(touched));
  }

  /** Hands out what has been touched, and forgets it: whoever takes it sees to its events. */
  take(): readonly TouchedResource[] {
    const taken = [...this.touched.values()];
    this.touched.clear();
    return taken;
  }
}
