import type { JsonObject } from '../../octo/json.js';
import type { ConnectionIds } from '../webhook-change.js';

interface ResourceOptions<Entity> {
  /** The supplier whose partners are told. */
  readonly supplierId: (entity: Entity) => string;
  /**
   * The relations whose rows belong to the state, as paths: `options`, `options.units`. They are loaded before `state` is
   * called, ordered by primary key. Rows that belong to one parent only (one-to-many, one-to-one) are watched too; of a
   * many-to-many, the links that are saved from this side. Default: none.
   */
  readonly relations?: readonly string[];
  /**
   * The object as it is handed to `WebhookEmitter.emit`, self-contained. Called on what the database holds: the entity as it
   * was before the transaction's first change to it, and as it is at the commit. It has to make the same JSON of the same rows.
   */
  readonly state: (entity: Entity) => JsonObject;
  /**
   * What partners see of an entity that has been removed or soft-removed, since OCTO has no event for that: an object made of
   * its last state, such as a product that cannot be booked; or `'ignore'`, and they are not told.
   */
  readonly removed: 'ignore' | ((entity: Entity) => JsonObject);
}

interface StatefulResourceOptions<Entity> extends ResourceOptions<Entity> {
  /** Booking uuid, order id or product id. Default: the primary key as text, if it is a single column. */
  readonly resourceId?: (entity: Entity) => string;
}

/** For an entity that is a booking or an order. */
export interface OwnedResourceOptions<Entity> extends StatefulResourceOptions<Entity> {
  readonly event: 'booking_update' | 'order_update';
  /** The connections that own the booking or order; nobody else hears of it. */
  readonly connectionIds: (entity: Entity) => ConnectionIds;
}

/** For an entity that is a product. */
export interface ProductResourceOptions<Entity> extends StatefulResourceOptions<Entity> {
  readonly event: 'product_update';
  /** The connections that may hear of it. Default: all of the supplier's. */
  readonly connectionIds?: (entity: Entity) => ConnectionIds;
}

/** For an entity that is an availability: one slot of one option. */
export interface AvailabilityResourceOptions<Entity> extends ResourceOptions<Entity> {
  readonly event: 'availability_update';
  readonly productId: (entity: Entity) => string;
  readonly optionId: (entity: Entity) => string;
  readonly availabilityId: (entity: Entity) => string;
  /** The connections that may hear of it. Default: all of the supplier's. */
  readonly connectionIds?: (entity: Entity) => ConnectionIds;
}

/**
 * Which event the changes of an entity are, and what partners get to see. The functions get the entity with its declared
 * and eager relations, and answer at once, not with a promise.
 */
export type WebhookResourceOptions<Entity> =
  OwnedResourceOptions<Entity> | ProductResourceOptions<Entity> | AvailabilityResourceOptions<Entity>;
