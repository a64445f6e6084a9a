import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { JsonObject } from '../../octo/json.js';
import { InvalidWebhookResourceError } from '../../webhooks.errors.js';
import { PREFIX } from '../../webhooks.names.js';
import type { ConnectionIds } from '../webhook-change.js';

const OPTIONS = `${PREFIX}:webhook-resource`;

/** A function of an entity. It receives one object, so that a new field breaks no declaration. */
type Of<Entity, Value> = (given: { readonly entity: Entity }) => Value;

interface ResourceOptions<Entity> {
  /** The supplier whose partners receive the event. */
  readonly supplierId: Of<Entity, string>;
  /**
   * The relations whose rows belong to the state, as paths: `options`, `options.units`. They are loaded before `state` is
   * called, ordered by primary key. Rows that belong to one parent only (one-to-many, one-to-one) are watched too; of a
   * many-to-many, the links are. Default: none.
   */
  readonly relations?: readonly string[];
  /**
   * The object as it is handed to `WebhookEmitter.emit`, self-contained. Called on what the database holds: before the
   * transaction's first change, at the commit, and when the event is fanned out. The same rows must give the same JSON.
   */
  readonly state: Of<Entity, JsonObject>;
  /**
   * What partners see of an entity that has been removed or soft-removed, since OCTO has no event for that: an object made of
   * its last state, such as a product that cannot be booked. `'ignore'` sends nothing.
   */
  readonly removed: 'ignore' | Of<Entity, JsonObject>;
}

interface StatefulResourceOptions<Entity> extends ResourceOptions<Entity> {
  /** Booking uuid, order id or product id. Default: the primary key as text, if it is a single column. */
  readonly resourceId?: Of<Entity, string>;
}

/** For an entity that is a booking or an order. */
export interface OwnedResourceOptions<Entity> extends StatefulResourceOptions<Entity> {
  readonly event: 'booking_update' | 'order_update';
  /** The connections that own the booking or order; nobody else hears of it. */
  readonly connectionIds: Of<Entity, ConnectionIds>;
}

/** For an entity that is a product. */
export interface ProductResourceOptions<Entity> extends StatefulResourceOptions<Entity> {
  readonly event: 'product_update';
  /** The connections that may hear of it. Default: all of the supplier's. */
  readonly connectionIds?: Of<Entity, ConnectionIds>;
}

/** For an entity that is an availability: one slot of one option. */
export interface AvailabilityResourceOptions<Entity> extends ResourceOptions<Entity> {
  readonly event: 'availability_update';
  readonly productId: Of<Entity, string>;
  readonly optionId: Of<Entity, string>;
  readonly availabilityId: Of<Entity, string>;
  /** The connections that may hear of it. Default: all of the supplier's. */
  readonly connectionIds?: Of<Entity, ConnectionIds>;
}

/**
 * The event that a change of an entity makes, and what partners see. The functions receive the entity with its declared and
 * eager relations. They are synchronous.
 */
export type WebhookResourceOptions<Entity> =
  OwnedResourceOptions<Entity> | ProductResourceOptions<Entity> | AvailabilityResourceOptions<Entity>;

/**
 * Declares an entity a webhook resource: its inserts, updates, soft removals, recoveries and removals through TypeORM's `save`,
 * `softRemove`, `recover` and `remove` emit, in the very transaction that makes them.
 *
 * ```ts
 * @WebhookResource<Product>({
 *   event: 'product_update',
 *   supplierId: ({ entity }) => entity.supplierId,
 *   relations: ['options'],
 *   state: ({ entity }) => entity.toState(),
 *   removed: 'ignore',
 * })
 * @Entity()
 * export class Product { ... }
 * ```
 *
 * - A transaction makes one event for each resource that it changes, right before the COMMIT. A resource that it creates and
 *   removes makes none, nor does a change in a savepoint that is rolled back.
 * - Partners receive the present state. It is read at fan-out, after the commit, and so includes what other transactions
 *   changed at the same time. It is compared with the state that partners received last. If they have received none yet, it is
 *   compared with the state before the transaction's first change. Equal states are not sent.
 * - Outside of a transaction, `save` begins its own. With `{ transaction: false }` there is none, and the event is inserted
 *   after the change: a crash in between loses it.
 * - If a function throws or the event is refused, the `save` or the commit fails with that error, and the host's transaction
 *   rolls back.
 * - A row of `relations` with a single parent (one-to-many, one-to-one) is a part of the resource: its changes are changes of
 *   the resource, and so are the links of a many-to-many. Rows with several parents (many-to-one, many-to-many) are read into
 *   the state, but their own changes are not noticed.
 * - TypeORM does not name a row that a new parent takes over without `cascade`: only the new parent makes an event.
 * - Ids and audience are those at the commit.
 * - Every process that fans out must know the declaration. In one that does not, the event fails and is retried.
 *
 * `insert()` and `upsert()` emit, too. Subscribers of TypeORM do not see which rows `update()`, `delete()`, `softDelete()`,
 * `restore()` and the query builders change, nor SQL, `save` with `{ listeners: false }` and cascades of the database. Use `save`, `softRemove`, `recover` and `remove`, or
 * `WebhookEmitter.emit`. Do not use both for the same resource, because each makes an event.
 *
 * Changes are seen from the library's `onModuleInit` on, on the data source with the webhook tables. On another data source, or
 * in an application without `WebhooksModule`, the decorator does nothing. A subclass with its own table must be declared itself.
 *
 * @throws InvalidWebhookResourceError while the class is declared, when it is decorated twice
 */
export function WebhookResource<Entity extends object>(options: WebhookResourceOptions<Entity>) {
  return (entity: Type<Entity>): void => {
    if (resourceOptionsOf(entity) !== null) throw new InvalidWebhookResourceError(entity.name, 'is decorated twice');
    Reflect.defineMetadata(OPTIONS, options, entity);
  };
}

/** The options of a class that is decorated itself; inherited ones do not count. null when it is not decorated. */
export function resourceOptionsOf(entity: object): WebhookResourceOptions<never> | null {
  const options: unknown = Reflect.getOwnMetadata(OPTIONS, entity);
  return (options as WebhookResourceOptions<never> | undefined) ?? null;
}

/** One of the host's entities whose changes emit, as the extra `resources` takes it. */
export interface WebhookResourceDeclaration {
  readonly entity: Type<object>;
  readonly options: WebhookResourceOptions<never>;
}

/**
 * Declares an entity a webhook resource without touching its class, as `@WebhookResource` does.
 *
 * ```ts
 * WebhooksModule.forRoot({ host, resources: [webhookResource(Product, { event: 'product_update', ... })] })
 * ```
 *
 * @param entity the entity's class
 */
export function webhookResource<Entity extends object>(
  entity: Type<Entity>,
  options: WebhookResourceOptions<NoInfer<Entity>>,
): WebhookResourceDeclaration {
  return { entity, options };
}
