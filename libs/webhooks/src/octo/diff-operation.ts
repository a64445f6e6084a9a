import type { JsonValue } from './json.js';

/**
 * One entry of a delivery's `diff`.
 *
 * `add` carries `value`, `remove` carries `was`, `replace` carries both. `path` is a JSON Pointer (RFC 6901) relative to
 * the event's object.
 */
export type WebhookDiffOperation =
  | { op: 'add'; path: string; value: JsonValue }
  | { op: 'remove'; path: string; was: JsonValue }
  | { op: 'replace'; path: string; was: JsonValue; value: JsonValue };
