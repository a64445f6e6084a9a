import { OctoError } from 'nestjs-octo-webhooks';
import { optionOf, unitOf } from '../../catalogue/product.lookup.js';
import type { BookingEntity } from './booking.entity.js';
import { mergeContact, type Contact, type ContactChange } from './contact.js';

/** The fields of a booking besides its terms. Absent fields keep their values, and null clears them. */
export interface BookingDetails {
  readonly resellerReference?: string | null | undefined;
  readonly notes?: string | null | undefined;
  readonly contact?: ContactChange | null | undefined;
}

/** Writes the details into a booking. */
export function applyDetails(booking: BookingEntity, { resellerReference, notes, contact }: BookingDetails): void {
  if (resellerReference !== undefined) booking.resellerReference = resellerReference;
  if (notes !== undefined) booking.notes = notes;
  booking.contact = mergeContact(booking.contact, contact);
}

/**
 * Checks that the booking has all contact fields that the option and the units require for a confirmation.
 *
 * @throws OctoError BAD_REQUEST that names the missing field
 */
export function requireContactFields({ product, optionId, contact, unitItems }: BookingEntity): void {
  const option = optionOf(product, optionId);
  requireFields('contact', contact, option.requiredContactFields);
  for (const [index, item] of unitItems.entries()) {
    requireFields(`unitItems[${index}].contact`, item.contact, unitOf(option, item.unitId).requiredContactFields);
  }
}

function requireFields(path: string, contact: Contact, required: readonly string[]): void {
  const missing = required.find((field) => (contact[field] ?? '') === '');
  if (missing === undefined) return;
  throw new OctoError(
    'BAD_REQUEST',
    `The field ${path}.${missing} is missing; a confirmation requires in ${path}: ${required.join(', ')}.`,
  );
}
