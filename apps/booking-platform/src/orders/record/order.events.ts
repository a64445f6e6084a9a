import type { OrderEntity } from './order.entity.js';
import type { OrderState } from './order.state.js';

/** The platform's own events, emitted with `{ manager }` of the transaction that makes the change. */
export const ORDER_OPENED = 'order.opened';
export const ORDER_CHANGED = 'order.changed';

/** The argument of both events. */
export interface OrderChanged {
  readonly order: OrderEntity;
  /** null when the order was opened. */
  readonly before: OrderState | null;
  readonly after: OrderState;
}
