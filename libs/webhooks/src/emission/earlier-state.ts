import type { JsonObject } from '../octo/json.js';

/**
 * The state before a change, stored as its differences from the state after it. Most changes affect few members, and
 * storing all the others twice would make the host's transaction a tenth slower.
 */
export interface EarlierState {
  /** The members that have another value in the later state, or are missing from it. */
  readonly had: JsonObject;
  /** The names of the members that only the later state has. */
  readonly lacked: readonly string[];
}

/**
 * An `EarlierState` as JSON text.
 *
 * @throws what `JSON.stringify` throws for a value that cannot be JSON
 */
export function earlierStateText(before: object, after: object): string {
  const earlier = new Map<string, unknown>(Object.entries(before));
  const later = new Map<string, unknown>(Object.entries(after));
  const had: string[] = [];
  const lacked: string[] = [];
  for (const name of new Set([...earlier.keys(), ...later.keys()])) {
    const [was, is] = [earlier.get(name), later.get(name)];
    // A value that the host has only copied does not have to be serialized.
    if (was === is) continue;
    const [text, laterText] = [jsonText(was), jsonText(is)];
    if (text === laterText) continue;
    if (text === undefined) lacked.push(name);
    else had.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{"had":{${had.join(',')}},"lacked":${JSON.stringify(lacked)}}`;
}

/** The declared type is wrong: JSON.stringify() returns undefined for some values. */
function jsonText(value: unknown): string | undefined {
  return JSON.stringify(value);
}

/**
 * The complete earlier state. It shares no objects with the later one, because the host may change what it is given.
 *
 * @param after the later state with which it was compared
 */
export function wholeState({ had, lacked }: EarlierState, after: JsonObject): JsonObject {
  const members = new Map(Object.entries(structuredClone(after)));
  for (const name of lacked) members.delete(name);
  for (const [name, value] of Object.entries(had)) members.set(name, value);
  return Object.fromEntries(members);
}
