import { distance } from 'fastest-levenshtein';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** One option: its default, and the check of its values. */
export interface Option<Value> {
  readonly default: Value;
  /** @throws InvalidWebhooksOptionError for a value that is not allowed */
  readonly check: (path: string, value: unknown) => void;
}

/** Options by name. */
export type OptionGroup = Readonly<Record<string, Option<unknown>>>;

type ValueOf<Entry> = Entry extends Option<infer Value> ? Value : never;

/** The options of a group, as a host may set them. */
export type Given<Group extends OptionGroup> = { -readonly [Name in keyof Group]?: ValueOf<Group[Name]> };

/** The options of a group, with every default filled in. */
export type Resolved<Group extends OptionGroup> = { readonly [Name in keyof Group]: ValueOf<Group[Name]> };

export function flag(byDefault: boolean): Option<boolean> {
  // A text such as 'false' would count as true.
  return option(byDefault, (value) => typeof value === 'boolean', 'true or false');
}

/** A whole number between two bounds, both included. */
export function integer(byDefault: number, least: number, most: number): Option<number> {
  return option(byDefault, (value) => isInteger(value, least, most), `a whole number from ${least} to ${most}`);
}

/** As `integer`, or null. */
export function integerOrNull(byDefault: number, least: number, most: number): Option<number | null> {
  const { check } = integer(byDefault, least, most);
  return { default: byDefault, check: (path, value) => (value === null ? undefined : check(path, value)) };
}

/** A share from 0 to 1. */
export function share(byDefault: number): Option<number> {
  const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1;
  return option(byDefault, isShare, 'a number from 0 to 1');
}

/** A list of at least one item, each of which is allowed. */
export function list<Item>(
  byDefault: readonly Item[],
  isAllowed: (item: unknown) => boolean,
  allowed: string,
): Option<readonly Item[]> {
  const isList = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isAllowed);
  return option(byDefault, isList, `a list of at least one of ${allowed}`);
}

/** As `list`, or null. */
export function listOrNull<Item>(
  isAllowed: (item: unknown) => boolean,
  allowed: string,
): Option<readonly Item[] | null> {
  const { check } = list<Item>([], isAllowed, allowed);
  return { default: null, check: (path, value) => (value === null ? undefined : check(path, value)) };
}

/** An option that is checked where it is parsed. */
export function parsedElsewhere<Value>(byDefault: Value): Option<Value> {
  return { default: byDefault, check: () => undefined };
}

function option<Value>(byDefault: Value, isAllowed: (value: unknown) => boolean, allowed: string): Option<Value> {
  return {
    default: byDefault,
    check: (path, value) => {
      if (!isAllowed(value)) throw new InvalidWebhooksOptionError(path, value, allowed);
    },
  };
}

export function isInteger(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

/**
 * Fills in the defaults of a group and checks the given values. An option that is undefined counts as not set.
 *
 * @throws InvalidWebhooksOptionError for a value that is not allowed, and for a name that is unknown
 */
export function resolveGroup<Group extends OptionGroup>(name: string, group: Group, given: unknown): Resolved<Group> {
  const options = optionsOf(name, given);
  refuseUnknownNames(`${name}.`, Object.keys(group), options);
  const entries = Object.entries(group).map(([key, entry]) => {
    const value = options[key];
    if (value === undefined) return [key, entry.default];
    entry.check(`${name}.${key}`, value);
    return [key, value];
  });
  return Object.fromEntries(entries) as Resolved<Group>;
}

/**
 * @param prefix the prefix of a name in an error, such as `dispatch.`
 * @throws InvalidWebhooksOptionError for a name that is unknown, with the known name that is nearest to it
 */
export function refuseUnknownNames(prefix: string, known: readonly string[], given: object): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const [nearest] = known.toSorted((one, other) => distance(name, one) - distance(name, other));
    throw InvalidWebhooksOptionError.unknown(`${prefix}${name}`, `${prefix}${nearest ?? ''}`);
  }
}

function optionsOf(name: string, given: unknown): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return { ...given };
  throw new InvalidWebhooksOptionError(name, given, 'an object of options');
}
