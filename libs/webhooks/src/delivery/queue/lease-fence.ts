import { placeholders, tuplePlaceholders, type SqlValue } from '../../database/webhooks-database.js';
import type { ClaimedDelivery } from './claimed-delivery.js';

/** A condition, and its values. */
export interface LeaseFence {
  readonly condition: string;
  readonly values: readonly SqlValue[];
}

/**
 * Holds for those of the deliveries whose lease has not been lost. The ids stand by themselves too, because MySQL and MariaDB
 * look for a single pair of id and token in all rows.
 */
export function leaseFence(deliveries: readonly ClaimedDelivery[]): LeaseFence {
  const ids = deliveries.map(({ id }) => id);
  const claims = deliveries.map(({ id, leaseToken }) => [id, leaseToken]);
  return {
    condition: `id IN (${placeholders(ids)}) AND (id, lease_token) IN (${tuplePlaceholders(claims)}) AND status = 'pending'`,
    values: [...ids, ...claims.flat()],
  };
}
