import { isDeepStrictEqual } from 'node:util';
import { WebhookResource, WebhookEvent, webhookResource, type JsonObject } from 'nestjs-octo-webhooks';
import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinTable,
  LessThan,
  ManyToMany,
  ManyToOne,
  MoreThan,
  OneToMany,
  OneToOne,
  JoinColumn,
  PrimaryColumn,
  type EntityManager,
  type Relation,
} from 'typeorm';
import { wholeState } from '../../../libs/webhooks/src/emission/event-row.js';

/** Shared by tours: what is read into their state, but does not belong to one. */
@Entity('guide')
export class Guide {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 100 })
  name!: string;
}

@WebhookResource<Tour>({
  event: 'product_update',
  supplierId: ({ entity }) => entity.supplierId,
  relations: ['options.units', 'cover', 'guides', 'lead'],
  state: ({ entity }) => entity.toState(),
  removed: ({ entity }) => ({ ...entity.toState(), gone: true }),
})
@Entity('tour')
export class Tour {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'varchar', length: 100 })
  title!: string;

  @DeleteDateColumn({ type: 'timestamp', nullable: true })
  deletedAt!: Date | null;

  @OneToMany(() => TourOption, (option) => option.tour, { cascade: true })
  options!: Relation<TourOption>[];

  @OneToOne(() => Cover, (cover) => cover.tour, { cascade: true })
  cover!: Relation<Cover> | null;

  @ManyToMany(() => Guide)
  @JoinTable()
  guides!: Guide[];

  @ManyToOne(() => Guide, { nullable: true })
  lead!: Guide | null;

  toState(): JsonObject {
    if (this.title === 'broken') throw new Error('No state for that title.');
    return {
      id: this.id,
      title: this.title,
      options: this.options.map((option) => option.toState()),
      cover: this.cover?.image ?? null,
      guides: this.guides.map(({ name }) => name),
      lead: this.lead?.name ?? null,
    };
  }
}

@Entity('tour_option')
export class TourOption {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 100 })
  name!: string;

  @DeleteDateColumn({ type: 'timestamp', nullable: true })
  deletedAt!: Date | null;

  @ManyToOne(() => Tour, (tour) => tour.options, { nullable: true })
  tour!: Relation<Tour> | null;

  @OneToMany(() => TourUnit, (unit) => unit.option, { cascade: true })
  units!: Relation<TourUnit>[];

  toState(): JsonObject {
    return { id: this.id, name: this.name, units: this.units.map(({ price }) => price) };
  }
}

/** When its option lets it go, TypeORM deletes it. */
@Entity('tour_unit')
export class TourUnit {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'int' })
  price!: number;

  @Column({ type: 'varchar', length: 36, nullable: true })
  optionId!: string | null;

  @ManyToOne(() => TourOption, (option) => option.units, { onDelete: 'CASCADE', orphanedRowAction: 'delete' })
  @JoinColumn({ name: 'optionId' })
  option!: Relation<TourOption> | null;
}

@Entity('tour_cover')
export class Cover {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 100 })
  image!: string;

  @OneToOne(() => Tour, (tour) => tour.cover, { nullable: true })
  @JoinColumn()
  tour!: Relation<Tour> | null;
}

/** Declared in the module's options; its key has two columns, and partners are not told when it is removed. */
@Entity('departure')
export class Departure {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  productId!: string;

  @PrimaryColumn({ type: 'int' })
  day!: number;

  @Column({ type: 'int' })
  places!: number;

  @DeleteDateColumn({ type: 'timestamp', nullable: true })
  deletedAt!: Date | null;
}

export const departures = webhookResource(Departure, {
  event: 'availability_update',
  supplierId: () => 'supplier-1',
  productId: ({ entity }) => entity.productId,
  optionId: () => 'default',
  availabilityId: ({ entity }) => `day-${entity.day}`,
  state: ({ entity }) => ({ places: entity.places }),
  removed: 'ignore',
});

export const ENTITIES = [Tour, TourOption, TourUnit, Cover, Guide, Departure];

/** The events of an outbox as they come, each with what it means to partners: those that mean nothing are left out. */
export class EmittedEvents {
  private sequence = 0;

  constructor(private readonly manager: () => EntityManager) {}

  /** Those since the last call. */
  async next(): Promise<{ resourceId: string; before: JsonObject | null; after: JsonObject }[]> {
    const events = await this.manager().find(WebhookEvent, {
      where: { sequence: MoreThan(this.sequence) },
      order: { sequence: 'ASC' },
    });
    this.sequence = Number(events.at(-1)?.sequence ?? this.sequence);
    const meant = [];
    for (const event of events) {
      const { resourceId, after } = event;
      const before = await this.before(event);
      if (!isDeepStrictEqual(plain(before), plain(after))) meant.push({ resourceId, before, after });
    }
    return meant;
  }

  /** The state after the previous event; where there is none, what the event itself holds. */
  private async before(event: WebhookEvent): Promise<JsonObject | null> {
    const { beforeSource, before, after, sequence, resourceKey, supplierId } = event;
    const [previous] = await this.manager().find(WebhookEvent, {
      where: { resourceKey, supplierId, sequence: LessThan(sequence) },
      order: { sequence: 'DESC' },
      take: 1,
    });
    if (beforeSource === 'stored' && previous !== undefined) return previous.after;
    return before === null ? null : wholeState(before, after);
  }
}

/** Only objects of one realm are equal to Node; a test file has its own. */
function plain(state: JsonObject | null): unknown {
  return JSON.parse(JSON.stringify(state));
}

/** A tour with one option, which has one unit; both are called after it. */
export function newTour(manager: EntityManager, id: string, title = 'Walk'): Tour {
  const option = { id: `${id}-o`, name: 'Morning', units: [{ id: `${id}-u`, price: 5 }] };
  return manager.create(Tour, { id, title, supplierId: 'supplier-1', options: [option], guides: [] });
}

/** The state of such a tour. */
export function tourState(id: string, changed: JsonObject = {}): JsonObject {
  const options = [{ id: `${id}-o`, name: 'Morning', units: [5] }];
  return { id, title: 'Walk', options, cover: null, guides: [], lead: null, ...changed };
}
