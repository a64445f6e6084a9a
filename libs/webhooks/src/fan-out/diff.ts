import { isDeepStrictEqual } from 'node:util';
import type { WebhookDiffOperation } from '../octo/event-payload.js';
import type { JsonObject, JsonValue } from '../octo/json.js';
import { alignArrays } from './array-alignment.js';

/**
 * The operations that turn `before` into `after`.
 *
 * Applied in order, the operations are a JSON Patch (RFC 6902). Within one array, removals come first, from the highest
 * index down, so that each index refers to the old array. Then come additions from the lowest index up, and then
 * changes inside the elements that stayed, at their new index.
 */
export function diff(before: JsonObject, after: JsonObject): WebhookDiffOperation[] {
  const operations: WebhookDiffOperation[] = [];
  diffObjects(before, after, '', operations);
  return operations;
}

function diffValues(was: JsonValue, value: JsonValue, path: string, into: WebhookDiffOperation[]): void {
  if (isObject(was) && isObject(value)) diffObjects(was, value, path, into);
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
  for (const { index, element } of removed.toReversed())
    into.push({ op: 'remove', path: `${path}/${index}`, was: element });
  for (const { index, element } of added) into.push({ op: 'add', path: `${path}/${index}`, value: element });
  for (const { index, was, value } of kept) diffValues(was, value, `${path}/${index}`, into);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901: `~` and `/` in a key are written as `~0` and `~1`. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
