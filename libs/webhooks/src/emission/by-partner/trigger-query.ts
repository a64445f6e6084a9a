import type { TriggerQuery } from '../../host/trigger-query.js';
import { OctoError } from '../../octo/octo-error.js';
import type { Webhook } from '../../subscriptions/webhook.js';

/** The body of `POST /webhooks/{webhookId}/trigger`. The webhook's event decides which fields are used. */
export interface TriggerRequest {
  /** For `product_update` and `availability_update`. */
  readonly productId?: string;
  /** For `availability_update`. */
  readonly optionId?: string;
  /** For `availability_update`: one delivery for each. One that is named twice counts once. */
  readonly availabilityIds?: readonly string[];
  /** For `availability_update`: the guests for whom availability is requested. */
  readonly units?: readonly { readonly id: string; readonly quantity: number }[];
  /** For `booking_update` and `order_update`: a reference of the booking or order. */
  readonly reference?: string;
  /** For `booking_update` and `order_update`: the guest's phone number, E.164. */
  readonly mobile?: string;
  /** For `booking_update` and `order_update`: the `Octo-Record-State` of an earlier delivery, against which to diff. */
  readonly orderRecordState?: string;
  /** For `product_update`: the same as `orderRecordState`. */
  readonly productRecordState?: string;
}

/**
 * The query for the host. OCTO does not say which fields each event uses, and this is the only place that decides it.
 *
 * @throws OctoError BAD_REQUEST naming the field that the webhook's event needs
 */
export function triggerQuery(
  webhook: Webhook,
  connectionIds: readonly string[],
  request: TriggerRequest,
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
        availabilityIds: [...new Set(required('availabilityIds', availabilityIds, event))],
        units,
      };
  }
}

function required<Value>(field: string, value: Value | undefined, event: string): Value {
  if (value === undefined) throw new OctoError('BAD_REQUEST', `${field} is required to trigger ${event}`);
  return value;
}
