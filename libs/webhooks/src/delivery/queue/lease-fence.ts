import { placeholders, type SqlValue } from '../../database/webhooks-database.js';
import type { ClaimedDelivery } from './claimed-delivery.js';

/** A condition, and its values. */
export interface LeaseFence {
  readonly condition: string;
  readonly values: readonly SqlValue[];
}

/** Holds for those of the deliveries whose lease has not been lost. Told claim by claim, since one token serves them all. */
export function leaseFence(deliveries: readonly ClaimedDelivery[]): LeaseFence {
  const idsOfClaim = new Map<string, string[]>();
  for (const { id, leaseToken } of deliveries) {
    const ids = idsOfClaim.get(leaseToken);
    if (ids === undefined) idsOfClaim.set(leaseToken, [id]);
    else ids.push(id);
  }
  const claims = [...idsOfClaim];
  const held = claims.map(([, ids]) => `(lease_token = ? AND id IN (${placeholders(ids)}))`).join(' OR ');
  return { condition: `status = 'pending' AND (${held})`, values: claims.flat(2) };
}
