/** The fields of an OCTO contact besides `locales`, in the order in which they are written. */
const CONTACT_FIELDS = [
  'fullName',
  'firstName',
  'lastName',
  'title',
  'emailAddress',
  'phoneNumber',
  'country',
  'streetAddress',
  'city',
  'state',
  'postalCode',
  'company',
  'taxId',
  'birthdate',
  'age',
  'allowMarketing',
  'notes',
] as const;

type ContactField = (typeof CONTACT_FIELDS)[number];

/** The guest of a booking or a unit item. It has only the fields that are known, and always `locales`. */
export type Contact = { [field: string]: string | number | boolean | string[] };

/** A request's changes to a contact. Absent fields keep their values, and null clears them. */
export type ContactChange = { readonly [field in ContactField]?: string | number | boolean | null } & {
  readonly locales?: string[] | null;
};

/** A contact without any known fields. */
export function unknownContact(): Contact {
  return { locales: [] };
}

/** The contact, with its missing fields taken from another one. */
export function fillContact(contact: Contact, fallback: Contact): Contact {
  const locales = [contact['locales'], fallback['locales']].find((list) => Array.isArray(list) && list.length > 0);
  return mergeContact({ ...fallback, ...contact, locales: locales ?? [] }, {});
}

/** A contact's phone number without separators; null when it has none. */
export function phoneOf({ phoneNumber }: Contact): string | null {
  return typeof phoneNumber === 'string' ? searchablePhone(phoneNumber) : null;
}

/** The form in which phone numbers are compared. */
export function searchablePhone(phoneNumber: string): string {
  return phoneNumber.replace(/[\s().-]/g, '');
}

/** The contact after a change. The order of the fields does not depend on the order in which they became known. */
export function mergeContact(contact: Contact, change: ContactChange | null | undefined): Contact {
  if (change === null || change === undefined) return contact;
  const merged: Contact = {};
  for (const field of CONTACT_FIELDS) {
    const value = change[field] === undefined ? contact[field] : change[field];
    if (value !== undefined && value !== null) merged[field] = value;
  }
  merged['locales'] = (change.locales === undefined ? contact['locales'] : change.locales) ?? [];
  return merged;
}
