import type { EntitySubscriberInterface, InsertEvent, ObjectLiteral } from 'typeorm';
import { Batches } from './batches.js';
import { isKindOf, type EmittingEntity } from './emitting-entity.js';
import type { ResourceCapture } from './resource-capture.js';
import type { ResourceTransactions } from './resource-transactions.js';
import { sightings, type RowChange, type RowEvent, type Sighting } from './row-event.js';
import type { SavedParents } from './saved-parents.js';

type Done = Promise<void> | undefined;

/** The subscriber that sees the host's changes, and waits for what follows from them. */
export class ResourceObserver implements EntitySubscriberInterface<ObjectLiteral> {
  private readonly begun: Batches<Sighting>;
  private readonly ended: Batches<never>;

  constructor(
    private readonly resources: readonly EmittingEntity[],
    private readonly saved: SavedParents,
    private readonly transactions: ResourceTransactions,
    capture: ResourceCapture,
  ) {
    this.begun = new Batches((queryRunner, seen) =>
      capture.capture(queryRunner.manager, seen, transactions.touched(queryRunner)),
    );
    this.ended = new Batches((queryRunner) => transactions.tell(queryRunner));
  }

  beforeInsert(event: RowEvent): Done {
    return this.before('insert', event);
  }

  beforeUpdate(event: RowEvent): Done {
    return this.before('update', event);
  }

  beforeRemove(event: RowEvent): Done {
    return this.before('remove', event);
  }

  beforeSoftRemove(event: RowEvent): Done {
    return this.before('remove', event);
  }

  beforeRecover(event: RowEvent): Done {
    return this.before('remove', event);
  }

  /** Only now does a new row have an identity that the database has given it. */
  afterInsert(event: InsertEvent<ObjectLiteral>): Done {
    for (const resource of this.resources) {
      const { metadata } = resource;
      const id = isKindOf(event.metadata, metadata) ? metadata.getEntityIdMap(event.entity) : undefined;
      if (id !== undefined) this.transactions.touched(event.queryRunner).add({ resource, id, before: null });
    }
    return this.after(event);
  }

  afterUpdate(event: RowEvent): Done {
    return this.after(event);
  }

  afterRemove(event: RowEvent): Done {
    return this.after(event);
  }

  afterSoftRemove(event: RowEvent): Done {
    return this.after(event);
  }

  afterRecover(event: RowEvent): Done {
    return this.after(event);
  }

  private before(kind: RowChange, event: RowEvent): Done {
    const seen = sightings(kind, event, this.resources, this.saved);
    return seen.length === 0 ? undefined : this.begun.add(event.queryRunner, seen);
  }

  private after({ queryRunner }: Pick<RowEvent, 'queryRunner'>): Done {
    return this.transactions.isLate(queryRunner) ? this.ended.add(queryRunner, []) : undefined;
  }
}
