import type { JsonObject } from '../octo/json.js';

/**
 * The state before a change, told by what sets it apart from the state after: a change is one of few members, and to store
 * all the others twice would make the host's transaction a tenth slower.
 */
export interface EarlierState {
  /** The members that the later state has with other values, or not at all. */
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
    // What a host has only copied over need not become text.
    if (was === is) continue;
    const [text, laterText] = [jsonText(was), jsonText(is)];
    if (text === laterText) continue;
    if (text === undefined) lacked.push(name);
    else had.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{"had":{${had.join(',')}},"lacked":${JSON.stringify(lacked)}}`;
}

/** Its type does not tell, but for some values there is no text. */
function jsonText(value: unknown): string | undefined {
  return JSON.stringify(value);
}

/**
 * The whole of an earlier state. It shares nothing with the later one: the host may change what it is given.
 *
 * @param after the later state that it was compared with
 */
export function wholeState({ had, lacked }: EarlierState, after: JsonObject): JsonObject {
  const members = new Map(Object.entries(structuredClone(after)));
  for (const name of lacked) members.delete(name);
  for (const [name, value] of Object.entries(had)) members.set(name, value);
  return Object.fromEntries(members);
}
