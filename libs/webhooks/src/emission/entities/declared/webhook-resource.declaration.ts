import type { Type } from '@nestjs/common';
import type { WebhookResourceOptions } from './webhook-resource.options.js';

/** An entity of the host's whose changes emit, as `emission.resources` takes it. */
export interface WebhookResourceDeclaration {
  readonly entity: Type<object>;
  readonly options: WebhookResourceOptions<never>;
}

/**
 * Declares an entity a webhook resource without touching its class; `@AsWebhookResource` says what that means.
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
