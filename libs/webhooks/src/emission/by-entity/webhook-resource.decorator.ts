import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { JsonObject } from '../../octo/json.js';
import { InvalidWebhookResourceError } from '../../webhooks.errors.js';
import { PREFIX } from '../../webhooks.names.js';
import type { ConnectionIds } from '../webhook-change.js';

const OPTIONS = `${PREFIX}:webhook-resource`;

/** What a declaration says about an entity. It gets one object, so that it can be given more one day. */
type Of<Entity, Value> = (given: { readonly entity: Entity }) => Value;

interface ResourceOptions<Entity> {
  /** The supplier whose partners are told. */
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
   * its last state, such as a product that cannot be booked; or `'ignore'`, and they are not told.
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
 * Which event the changes of an entity are, and what partners get to see. The functions get the entity with its declared
 * and eager relations, and answer at once, not with a promise.
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
 * - A resource is one event per transaction, written right before the COMMIT. What is created and removed in one transaction
 *   is no event. What a rolled back savepoint changed does not count.
 * - Partners are told the present state, which is read after the commit, when the event is fanned out: it has what other
 *   transactions changed at the same time. It is compared with the last state that they were told; before the first one,
 *   with the state before the transaction's first change. Equal states are not sent.
 * - Without a transaction around it, `save` begins its own. With `{ transaction: false }` there is none, and the event is
 *   written right after the change: a crash in between loses it.
 * - When one of the functions throws or the event is refused, the `save` or the commit fails with that error, and the
 *   host's transaction rolls back.
 * - Saving or removing a row of `relations` that belongs to one parent (one-to-many, one-to-one) is a change of the resource,
 *   saved from there or on its own, and so is the link of a many-to-many. Rows that others share (many-to-one,
 *   many-to-many) are read into the state, but their own changes are not noticed, nor is what lies beyond them.
 * - TypeORM does not name a row that its new parent takes over without `cascade`: only the new parent is told.
 * - Ids and audience are those at the commit.
 * - A process that fans out must know the declaration, too; where it does not, the event waits with an error.
 *
 * TypeORM's subscribers, and so this, do not see `insert()`, `update()`, `delete()`, `softDelete()`, `restore()`, `upsert()`,
 * query builders, SQL, `save` with `{ listeners: false }`, and what the database changes by itself (`ON DELETE CASCADE`). Use `save`,
 * `softRemove`, `recover` and `remove`, or `WebhookEmitter.emit` there. Do not emit for the same resource in both ways: each is an event.
 *
 * Changes are seen from the library's `onModuleInit` on, on the data source with the webhook tables; on another one, or in an application
 * without `WebhooksModule`, the decorator does nothing. A subclass with a table of its own has to be declared itself.
 *
 * @throws InvalidWebhookResourceError while the class is declared, when it is decorated twice
 */
export function WebhookResource<Entity extends object>(options: WebhookResourceOptions<Entity>) {
  return (entity: Type<Entity>): void => {
    if (resourceOptionsOf(entity) !== null) throw new InvalidWebhookResourceError(entity.name, 'is decorated twice');
    Reflect.defineMetadata(OPTIONS, options, entity);
  };
}

/** The options that a class is decorated with itself, not by inheritance; null when it is not. */
export function resourceOptionsOf(entity: object): WebhookResourceOptions<never> | null {
  const options: unknown = Reflect.getOwnMetadata(OPTIONS, entity);
  return (options as WebhookResourceOptions<never> | undefined) ?? null;
}

/** An entity of the host's whose changes emit, as `emission.resources` takes it. */
export interface WebhookResourceDeclaration {
  readonly entity: Type<object>;
  readonly options: WebhookResourceOptions<never>;
}

/**
 * Declares an entity a webhook resource without touching its class; `@WebhookResource` says what that means.
 *
 * ```ts
 * WebhooksModule.forRoot({ host, emission: { resources: [webhookResource(Product, { event: 'product_update', ... })] } })
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
