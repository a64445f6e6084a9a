import type { TriggerQuery } from '../host/trigger-query.js';
import { OctoError } from '../octo/octo-error.js';
import type { Webhook } from '../subscriptions/webhook.js';
import type { WebhookTriggerDto } from './webhook-trigger.dto.js';

/**
 * What a trigger request asks for. The only reading of its fields by event: OCTO's texts leave it open.
 *
 * @throws OctoError BAD_REQUEST naming the field that the webhook's event needs
 */
export function triggerQuery(
  webhook: Webhook,
  connectionIds: readonly string[],
  request: WebhookTriggerDto,
): TriggerQuery {
  const { event, supplierId } = webhook;
  const { reference, mobile, productId, optionId, availabilityIds, units = [] } = request;
  switch (event) {
    case 'booking_update':
    case 'order_update':
      if (reference === undefined && mobile === undefined) {
        throw new OctoError('BAD_REQUEST', `reference or mobile is required to trigger ${event}`);
      }
      return {
        event,
        supplierId,
        connectionIds,
        ...(reference === undefined ? {} : { reference }),
        ...(mobile === undefined ? {} : { mobile }),
      };
    case 'product_update':
      return { event, supplierId, connectionIds, productId: required('productId', productId, event) };
    case 'availability_update':
      return {
        event,
        supplierId,
        connectionIds,
        productId: required('productId', productId, event),
        optionId: required('optionId', optionId, event),
        availabilityIds: required('availabilityIds', availabilityIds, event),
        units,
      };
  }
}

function required<Value>(field: string, value: Value | undefined, event: string): Value {
  if (value === undefined) throw new OctoError('BAD_REQUEST', `${field} is required to trigger ${event}`);
  return value;
}
