import { isDeepStrictEqual } from 'node:util';
import { diffArrays } from 'diff';
import type { WebhookDiffOperation } from '../octo/event-payload.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../octo/json.js';

/** The changes of a list that take no more characters than this are always told one by one, as OCTO's samples show them. */
const LONG = 1000;

/**
 * The operations that turn `before` into `after`.
 *
 * Applied in order, the operations are a JSON Patch (RFC 6902). Within one array, removals come first, from the highest
 * index down, so that each index refers to the old array. Then come additions from the lowest index up, and then
 * changes inside the elements that stayed, at their new index. Where these are long, and longer than the list before and
 * after the change, one operation replaces the list.
 */
export function diff(before: JsonObject, after: JsonObject): WebhookDiffOperation[] {
  const operations: WebhookDiffOperation[] = [];
  diffObjects(before, after, '', operations);
  return operations;
}

function diffValues(was: JsonValue, value: JsonValue, path: string, into: WebhookDiffOperation[]): void {
  if (isJsonObject(was) && isJsonObject(value)) diffObjects(was, value, path, into);
  else if (Array.isArray(was) && Array.isArray(value)) diffLists(was, value, path, into);
  else if (!isDeepStrictEqual(was, value)) into.push({ op: 'replace', path, was, value });
}

function diffObjects(before: JsonObject, after: JsonObject, path: string, into: WebhookDiffOperation[]): void {
  for (const [key, was] of Object.entries(before)) {
    const at = `${path}/${escapePointer(key)}`;
    const value = Object.hasOwn(after, key) ? after[key] : undefined;
    if (value === undefined) into.push({ op: 'remove', path: at, was });
    else diffValues(was, value, at, into);
  }
  for (const [key, value] of Object.entries(after)) {
    if (!Object.hasOwn(before, key)) into.push({ op: 'add', path: `${path}/${escapePointer(key)}`, value });
  }
}

function diffLists(before: JsonValue[], after: JsonValue[], path: string, into: WebhookDiffOperation[]): void {
  const { kept, removed, added } = alignArrays(before, after);
  const inside: WebhookDiffOperation[] = [
    ...removed
      .toReversed()
      .map(({ index, element }) => ({ op: 'remove' as const, path: `${path}/${index}`, was: element })),
    ...added.map(({ index, element }) => ({ op: 'add' as const, path: `${path}/${index}`, value: element })),
  ];
  for (const { index, was, value } of kept) diffValues(was, value, `${path}/${index}`, inside);
  const whole = { op: 'replace' as const, path, was: before, value: after };
  const length = inside.length > 1 ? lengthOf(inside) : 0;
  if (length > LONG && length > lengthOf([whole])) into.push(whole);
  else for (const operation of inside) into.push(operation);
}

function lengthOf(operations: readonly WebhookDiffOperation[]): number {
  return JSON.stringify(operations).length;
}

/** RFC 6901: `~` and `/` in a key are written as `~0` and `~1`. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The correspondence between the elements of an old and a new array. */
export interface ArrayAlignment {
  /** Elements that were kept, perhaps with changes inside; `index` is their index in the new array. */
  kept: { index: number; was: JsonValue; value: JsonValue }[];
  /** Elements that were removed; `index` is their index in the old array, ascending. */
  removed: { index: number; element: JsonValue }[];
  /** Elements that were added; `index` is their index in the new array, ascending. */
  added: { index: number; element: JsonValue }[];
}

/** The keys that identify an OCTO object, even if all its other fields change. */
const IDENTITY_KEYS = ['uuid', 'id', 'orderId', 'unitId', 'code'] as const;

/**
 * About this many comparisons are made. Where more would be needed, elements are matched only by their index; the diff
 * is then still correct, but longer.
 */
const MAX_COMPARISONS = 250_000;

/**
 * Matches the elements of two arrays. It keeps elements with the same identity, or equal elements, that are in the same
 * order in both. Between them, elements without an identity are matched by their index.
 */
export function alignArrays(before: readonly JsonValue[], after: readonly JsonValue[]): ArrayAlignment {
  const alignment: ArrayAlignment = { kept: [], removed: [], added: [] };
  let oldIndex = 0;
  let newIndex = 0;
  for (const [oldMatch, newMatch] of [...matches(before, after), [before.length, after.length] as const]) {
    while (oldIndex < oldMatch || newIndex < newMatch) {
      const was = before[oldIndex];
      const value = after[newIndex];
      if (
        oldIndex < oldMatch &&
        newIndex < newMatch &&
        was !== undefined &&
        value !== undefined &&
        mayBecome(was, value)
      ) {
        alignment.kept.push({ index: newIndex, was, value });
        oldIndex += 1;
        newIndex += 1;
      } else if (oldIndex < oldMatch && was !== undefined) {
        alignment.removed.push({ index: oldIndex, element: was });
        oldIndex += 1;
      } else if (value !== undefined) {
        alignment.added.push({ index: newIndex, element: value });
        newIndex += 1;
      }
    }
    const was = before[oldMatch];
    const value = after[newMatch];
    if (was !== undefined && value !== undefined) alignment.kept.push({ index: newMatch, was, value });
    oldIndex = oldMatch + 1;
    newIndex = newMatch + 1;
  }
  return alignment;
}

/** The longest sequence of pairs (old index, new index) whose elements are the same and in the same order. */
function matches(before: readonly JsonValue[], after: readonly JsonValue[]): (readonly [number, number])[] {
  // Each insertion or removal takes a comparison of every element at most, and lists that differ little take few.
  const maxEditLength = Math.floor(MAX_COMPARISONS / Math.max(1, before.length + after.length));
  const runs = diffArrays([...before], [...after], { comparator: isSame, maxEditLength }) ?? [];
  const pairs: (readonly [number, number])[] = [];
  let [i, j] = [0, 0];
  for (const { added, removed, count } of runs) {
    if (!added && !removed) for (let k = 0; k < count; k += 1) pairs.push([i + k, j + k]);
    if (!added) i += count;
    if (!removed) j += count;
  }
  return pairs;
}

function isSame(was: JsonValue, value: JsonValue): boolean {
  const oldIdentity = identity(was);
  return oldIdentity === undefined ? isDeepStrictEqual(was, value) : oldIdentity === identity(value);
}

/**
 * Whether two elements at the same place may be one element that has changed. Elements with different identities may
 * not.
 */
function mayBecome(was: JsonValue, value: JsonValue): boolean {
  return identity(was) === identity(value);
}

function identity(value: JsonValue): string | undefined {
  if (!isJsonObject(value)) return undefined;
  for (const key of IDENTITY_KEYS) {
    const id = value[key];
    if (typeof id === 'string') return `${key}:${id}`;
  }
  return undefined;
}
