import { OctoError } from 'nestjs-octo-webhooks';
import { v4 as randomUuid } from 'uuid';
import type { UnitItem } from '../model/booking.state.js';
import { mergeContact, unknownContact, type ContactChange } from '../model/contact.js';

/** A unit item in a request. */
export interface UnitItemRequest {
  readonly uuid?: string | null;
  readonly unitId: string;
  readonly resellerReference?: string | null;
  readonly contact?: ContactChange | null;
}

/**
 * The unit items after a request, which lists all of them. An item whose uuid exists stays the same item and keeps its
 * reference. Any other is new.
 *
 * @param supplierReference the booking's reference, from which the references of items are made
 */
export function mergeUnitItems(
  current: readonly UnitItem[],
  requested: readonly UnitItemRequest[],
  supplierReference: string,
): UnitItem[] {
  refuseDuplicates(requested);
  const known = new Map(current.map((item) => [item.uuid, item]));
  let lastNumber = Math.max(0, ...current.map((item) => numberOf(item)));
  return requested.map((request) => {
    const uuid = request.uuid?.toLowerCase() ?? randomUuid();
    const existing = known.get(uuid);
    return {
      uuid,
      unitId: request.unitId,
      resellerReference:
        request.resellerReference === undefined ? (existing?.resellerReference ?? null) : request.resellerReference,
      supplierReference: existing?.supplierReference ?? `${supplierReference}-${(lastNumber += 1)}`,
      contact: mergeContact(existing?.contact ?? unknownContact(), request.contact),
    };
  });
}

function numberOf({ supplierReference }: UnitItem): number {
  return Number(supplierReference.slice(supplierReference.lastIndexOf('-') + 1));
}

function refuseDuplicates(requested: readonly UnitItemRequest[]): void {
  const seen = new Set<string>();
  for (const [index, { uuid }] of requested.entries()) {
    if (typeof uuid !== 'string') continue;
    if (seen.has(uuid.toLowerCase())) {
      throw new OctoError('BAD_REQUEST', `The field unitItems[${index}].uuid repeats "${uuid}"; each must be unique.`);
    }
    seen.add(uuid.toLowerCase());
  }
}
