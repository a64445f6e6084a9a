import type { INestApplication } from '@nestjs/common';
import { beforeEach } from '@jest/globals';
import { WebhookEvent, WebhookResource, webhookResource, type JsonObject } from 'nestjs-octo-webhooks';
import {
  Column,
  DataSource,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type EntityManager,
  type Relation,
} from 'typeorm';
import type { DatabaseKind } from '../../support/database-servers.js';
import { everythingSent } from '../../support/outbox-state.js';
import { useReceiver, type ReceivedRequest } from '../../support/receiver.js';
import { CONNECTIONS } from '../../support/test-host.js';
import { useTestHost, type TestHost } from '../../support/use-test-host.js';
import { departures, ENTITIES, newTour, Tour } from './entities.fixture.js';

/** Columns that TypeORM does not read unless they are named. */
@WebhookResource<Fare>({
  event: 'product_update',
  supplierId: () => 'supplier-1',
  relations: ['extras'],
  state: ({ entity: { title, price, extras } }) => ({ title, price, extras: extras.map(({ cost }) => cost) }),
  removed: 'ignore',
})
@Entity('fare')
export class Fare {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 36 })
  title!: string;

  @Column({ type: 'int', select: false })
  price!: number;

  @OneToMany(() => FareExtra, (extra) => extra.fare, { cascade: true })
  extras!: Relation<FareExtra>[];
}

@Entity('fare_extra')
export class FareExtra {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'int', select: false })
  cost!: number;

  @ManyToOne(() => Fare, (fare) => fare.extras)
  fare!: Relation<Fare>;
}

/** The same without relations: what TypeORM reads to save it lacks the column. */
@WebhookResource<Surcharge>({
  event: 'product_update',
  supplierId: () => 'supplier-1',
  state: ({ entity: { amount } }) => ({ amount }),
  removed: ({ entity: { amount } }) => ({ amount, gone: true }),
})
@Entity('surcharge')
export class Surcharge {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'int', select: false })
  amount!: number;
}

/** A slot whose key is a moment, which JSON does not have. */
@Entity('slot')
export class Slot {
  @PrimaryColumn({ type: 'timestamp', precision: 0 })
  startsAt!: Date;

  @Column({ type: 'int' })
  places!: number;
}

const slots = webhookResource(Slot, {
  event: 'availability_update',
  supplierId: () => 'supplier-1',
  productId: () => 'p',
  optionId: () => 'o',
  availabilityId: ({ entity }) => entity.startsAt.toISOString(),
  state: ({ entity }) => ({ places: entity.places }),
  removed: 'ignore',
});

/** A host whose entities emit, and a partner that receives what they emit. */
export class ToldPartner {
  constructor(
    private readonly host: TestHost,
    private readonly receiver: { readonly requests: ReceivedRequest[] },
  ) {}

  get app(): INestApplication {
    return this.host.app;
  }

  get manager(): EntityManager {
    return this.host.dataSource.manager;
  }

  /** The bodies that were received since the last call, in order. */
  async told(): Promise<ReceivedRequest['body'][]> {
    await everythingSent(this.manager);
    return this.receiver.requests.splice(0).map(({ body }) => body);
  }

  async lastTold(id: string): Promise<Record<string, unknown> | undefined> {
    return (await this.told()).findLast(({ product }) => product?.['id'] === id)?.product;
  }

  /** Stores tours, and forgets what the partner received of that. */
  async stored(...ids: string[]): Promise<void> {
    for (const id of ids) await this.manager.save(newTour(this.manager, id));
    await this.told();
  }

  /** The tour as the partner would read it now. */
  async present(id: string): Promise<JsonObject> {
    const relations = { options: { units: true }, cover: true, guides: true, lead: true } as const;
    const order = { options: { id: 'ASC' } } as const;
    const tour = await this.manager.findOneOrFail(Tour, { where: { id }, relations, order });
    return { ...tour.toState() };
  }

  /** Works on the same tables through another data source, whose changes emit nothing. */
  async unseen(work: (manager: EntityManager) => Promise<void>): Promise<void> {
    const { options } = this.host.dataSource;
    const plain = await new DataSource({ ...options, entities: ENTITIES, migrations: [] }).initialize();
    await work(plain.manager);
    await plain.destroy();
  }

  /** Makes changes while fan-out is held up, by an earlier event of the same resource that is not due. */
  async pausing(work: () => Promise<void>): Promise<void> {
    const events = this.manager.getRepository(WebhookEvent);
    const [last] = await events.find({ order: { sequence: 'DESC' }, take: 1 });
    const sequence = last?.sequence ?? 0;
    await events.update({ sequence }, { status: 'pending', dueAt: new Date(Date.now() + 3_600_000) });
    await work();
    await events.update({ sequence }, { status: 'fanned_out' });
  }
}

/** Starts such a host for a group of tests. Each test has webhooks of its own. */
export function useToldPartner(kind: DatabaseKind): ToldPartner {
  const receiver = useReceiver();
  const host = useTestHost(
    kind,
    {},
    { entities: [...ENTITIES, Fare, FareExtra, Surcharge, Slot], extras: { resources: [departures, slots] } },
  );
  beforeEach(async () => {
    for (const { id } of await host.webhooks.list(CONNECTIONS.a)) await host.webhooks.delete(CONNECTIONS.a, id);
    for (const event of ['product_update', 'availability_update'] as const) {
      await host.subscribe({ event, url: receiver.url() });
    }
  });
  return new ToldPartner(host, receiver);
}
