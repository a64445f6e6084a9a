import { placeholders, type SqlValue } from '../../database/webhooks-database.js';
import type { LeasedDelivery } from '../../fan-out/delivery-intake.js';
import { groupedBy } from '../../grouping.js';

/** A condition, and its values. */
export interface LeaseFence {
  readonly condition: string;
  readonly values: readonly SqlValue[];
}

/** Holds for those of the deliveries whose lease has not been lost. Told claim by claim, since one token serves them all. */
export function leaseFence(deliveries: readonly LeasedDelivery[]): LeaseFence {
  const claims = [...groupedBy(deliveries, ({ leaseToken }) => leaseToken)];
  const held = claims.map(([, claimed]) => `(lease_token = ? AND id IN (${placeholders(claimed)}))`).join(' OR ');
  const values = claims.flatMap(([token, claimed]) => [token, ...claimed.map(({ id }) => id)]);
  return { condition: `status = 'pending' AND (${held})`, values };
}
