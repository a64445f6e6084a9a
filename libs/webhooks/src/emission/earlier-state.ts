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

/** The members of an object by name, each as JSON text; without those that JSON has no text for. */
export type JsonMembers = ReadonlyMap<string, string>;

/** @throws what `JSON.stringify` throws for a value that cannot be JSON */
export function jsonMembers(state: object): JsonMembers {
  const members = new Map<string, string>();
  for (const [name, value] of Object.entries(state)) {
    // Its type does not tell, but for some values there is no text.
    const text = JSON.stringify(value) as string | undefined;
    if (text !== undefined) members.set(name, text);
  }
  return members;
}

/** The JSON text of an object with these members. */
export function jsonText(members: JsonMembers): string {
  return `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** An `EarlierState` as JSON text. */
export function earlierStateText(before: JsonMembers, after: JsonMembers): string {
  const had = new Map([...before].filter(([name, text]) => after.get(name) !== text));
  const lacked = [...after.keys()].filter((name) => !before.has(name));
  return `{"had":${jsonText(had)},"lacked":${JSON.stringify(lacked)}}`;
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
