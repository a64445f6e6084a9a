import type { JsonObject } from 'nestjs-octo-webhooks';
import type { Contact } from './model/contact.js';

/** The fields that every OCTO contact has besides `locales`. They are null while they are unknown. */
const ALWAYS_THERE = [
  'fullName',
  'firstName',
  'lastName',
  'emailAddress',
  'phoneNumber',
  'postalCode',
  'country',
  'notes',
] as const;

/** A contact as bookings, unit items and orders show it. */
export function serializeContact(contact: Contact): JsonObject {
  return { ...Object.fromEntries(ALWAYS_THERE.map((field) => [field, null])), ...contact };
}
