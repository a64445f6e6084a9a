import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { InvalidWebhookResourceError } from '../../webhooks.errors.js';
import { PREFIX } from '../../webhooks.names.js';
import type { WebhookResourceOptions } from './webhook-resource.options.js';

const OPTIONS = `${PREFIX}:webhook-resource`;

/**
 * Declares an entity a webhook resource: its inserts, updates, soft removals, recoveries and removals through TypeORM's `save`,
 * `softRemove`, `recover` and `remove` emit, in the very transaction that makes them.
 *
 * ```ts
 * @WebhookResource({
 *   event: 'product_update',
 *   supplierId: (product: Product) => product.supplierId,
 *   relations: ['options'],
 *   state: (product: Product) => product.toState(),
 *   removed: 'ignore',
 * })
 * @Entity()
 * export class Product { ... }
 * ```
 *
 * - A resource is one event per transaction, written right before the COMMIT: from the state before the first change to the
 *   state after the last. Equal states are no event, nor is what is created and removed in one transaction. What a
 *   rolled back savepoint changed does not count.
 * - Without a transaction around it, `save` begins its own. With `{ transaction: false }` there is none, and the event is
 *   written right after the change: a crash in between loses it.
 * - When one of the functions throws or the event is refused, the `save` or the commit fails with that error, and the
 *   host's transaction rolls back.
 * - Saving or removing a row of `relations` that belongs to one parent (one-to-many, one-to-one) is a change of the resource, be it
 *   saved from there or on its own. Rows that others share (many-to-one, many-to-many) are read into the state, but
 *   a change of theirs alone is not noticed, nor is what lies beyond them.
 * - Ids and audience are those after the change.
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
