import { randomInt } from 'node:crypto';

/** Without characters that people confuse when they read them aloud: 0 and O, 1, I and L. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';

/** A new reference for a booking, such as `X749G9`, for people to read aloud. */
export function newSupplierReference(): string {
  return Array.from({ length: 6 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}
