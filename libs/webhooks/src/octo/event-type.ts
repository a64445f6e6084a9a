/** The four events of `octo/webhooks`, in their canonical spelling. */
export const WEBHOOK_EVENT_TYPES = ['booking_update', 'order_update', 'availability_update', 'product_update'] as const;

/** One of the four events of `octo/webhooks`. */
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];

/** The key of the delivery's body that holds the changed object. */
export const RESOURCE_KEY_OF_EVENT = {
  booking_update: 'booking',
  order_update: 'order',
  availability_update: 'availability',
  product_update: 'product',
} as const satisfies Record<WebhookEventType, string>;

const DOTTED_ALIASES: ReadonlyMap<string, WebhookEventType> = new Map<string, WebhookEventType>([
  ['booking.updated', 'booking_update'],
  ['order.updated', 'order_update'],
  ['availability.updated', 'availability_update'],
  ['product.updated', 'product_update'],
]);

/** The canonical name of a dotted alias. Any other value is returned unchanged. */
export function canonicalEventType(value: unknown): unknown {
  return typeof value === 'string' ? (DOTTED_ALIASES.get(value) ?? value) : value;
}

/** The dotted name of an event, for hosts whose partners expect it at the top level of deliveries. */
export function dottedEventType(type: WebhookEventType): string {
  return type.replace('_update', '.updated');
}

/** Whether a value is the canonical name of one of the four events. */
export function isWebhookEventType(value: unknown): value is WebhookEventType {
  return WEBHOOK_EVENT_TYPES.some((type) => type === value);
}
