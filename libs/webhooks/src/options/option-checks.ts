import { InvalidWebhooksOptionError } from '../webhooks.errors.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An option that is there but undefined counts as left out. */
export function withDefaults<Group extends object>(defaults: Group, given: Partial<Group> | undefined): Group {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

/** A text such as 'false' would count as true. */
export function checkFlag(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new InvalidWebhooksOptionError(option, value, 'true or false');
}

export function checkInteger(option: string, value: number, least: number, most: number): void {
  if (isInteger(value, least, most)) return;
  throw new InvalidWebhooksOptionError(option, value, `a whole number from ${least} to ${most}`);
}

/** A share from 0 to 1. */
export function checkShare(option: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new InvalidWebhooksOptionError(option, value, 'a number from 0 to 1');
}

export function checkList<Item>(
  option: string,
  value: readonly Item[],
  isAllowed: (item: Item) => boolean,
  allowed: string,
): void {
  if (Array.isArray(value) && value.length > 0 && value.every(isAllowed)) return;
  throw new InvalidWebhooksOptionError(option, value, `a list of at least one of ${allowed}`);
}

export function isInteger(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
