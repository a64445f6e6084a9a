import { isDeepStrictEqual } from 'node:util';
import type { WebhookDiffOperation } from '../octo/event-payload.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../octo/json.js';
import { alignArrays } from './array-alignment.js';

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
  else if (Array.isArray(was) && Array.isArray(value)) diffArrays(was, value, path, into);
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

function diffArrays(before: JsonValue[], after: JsonValue[], path: string, into: WebhookDiffOperation[]): void {
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
