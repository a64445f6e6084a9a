import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { WebhookDiffOperation } from '../octo/event-payload.js';
import type { JsonObject, JsonValue } from '../octo/json.js';
import { diff } from './diff.js';

/** Few values and few keys, so that two objects often share some; the keys are those that are easily mishandled. */
const KEYS = ['a', 'b', 'status', 'id', 'uuid', '', '/', '~', '~1', 'a/b~0c', '0', '-', 'length', 'constructor'];
const scalar = fc.constantFrom<JsonValue[]>(null, true, false, 0, 1, 2.5, '', 'x', 'y', '\u2028😀');
const identified = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> =>
  fc
    .tuple(fc.constantFrom('id', 'uuid'), fc.constantFrom('p', 'q', 'r', 's'), fc.constantFrom(...KEYS), value)
    .map(([idKey, id, key, inner]) => ({ [key]: inner, [idKey]: id }));
const { object } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(scalar, { maxLength: 5 }),
    fc.array(identified(tie('value')), { maxLength: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof({ arbitrary: fc.constantFrom(...KEYS), weight: 9 }, fc.string()), tie('value'), {
    maxKeys: 5,
    noNullPrototype: true,
  }),
}));
/** fast-json-patch cannot write `__proto__`. Another test covers that key. */
const anyObject = object.filter((value) => !JSON.stringify(value).includes('__proto__')).map(copy);

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** The value at a path, read by fast-json-patch. */
function at(document: JsonObject, path: string): JsonValue {
  return jsonPatch.getValueByPointer(document, path) as JsonValue;
}

/** Applies one operation with fast-json-patch, which knows nothing of `was`. */
function apply(document: JsonObject, operation: WebhookDiffOperation): void {
  const { was: _, ...standard } = { was: null, ...copy(operation) };
  jsonPatch.applyOperation(document, standard as Operation, false, true, false);
}

describe('diff, for any two JSON objects,', () => {
  it('is a JSON Patch (RFC 6902): applied in order to the old object, it gives the new one', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (before, after) => {
        const document = copy(before);
        for (const operation of diff(before, after)) apply(document, operation);
        expect(document).toEqual(after);
      }),
      { numRuns: 1500 },
    );
  });

  it('gives as `was` the value that was at the path at that moment; `add` has no `was` and `remove` no `value`', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (before, after) => {
        const document = copy(before);
        for (const operation of diff(before, after)) {
          const { op, path } = operation;
          if (operation.op !== 'add') expect(at(document, path)).toEqual(operation.was);
          expect(Object.keys(operation).sort()).toEqual(
            { add: ['op', 'path', 'value'], remove: ['op', 'path', 'was'], replace: ['op', 'path', 'value', 'was'] }[
              op
            ],
          );
          apply(document, operation);
        }
      }),
    );
  });

  it('lists, within one array, removals from the highest index down, then additions from the lowest up, then the rest', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (before, after) => {
        const document = copy(before);
        const byArray = new Map<string, { op: string; index: number }[]>();
        for (const operation of diff(before, after)) {
          const slash = operation.path.lastIndexOf('/');
          const parent = operation.path.slice(0, slash);
          if (Array.isArray(at(document, parent))) {
            const entry = { op: operation.op, index: Number(operation.path.slice(slash + 1)) };
            byArray.set(parent, [...(byArray.get(parent) ?? []), entry]);
          }
          apply(document, operation);
        }
        for (const entries of byArray.values()) {
          const indices = (op: string) => entries.filter((entry) => entry.op === op).map(({ index }) => index);
          expect(indices('remove')).toEqual([...new Set(indices('remove'))].sort((a, b) => b - a));
          expect(indices('add')).toEqual([...new Set(indices('add'))].sort((a, b) => a - b));
          const ops = entries.map(({ op }) => ['remove', 'add', 'replace'].indexOf(op));
          expect(ops).toEqual(ops.toSorted());
        }
      }),
    );
  });

  it('is empty when they are equal, whatever the order of their keys', () => {
    const reversed = (value: JsonObject) => Object.fromEntries(Object.entries(copy(value)).reverse());
    fc.assert(fc.property(anyObject, (value) => expect(diff(value, reversed(value))).toEqual([])));
  });

  it('changes neither of them', () => {
    fc.assert(
      fc.property(anyObject, anyObject, (before, after) => {
        const untouched = copy([before, after]);
        diff(before, after);
        expect([before, after]).toEqual(untouched);
      }),
    );
  });
});

describe('diff gives the published samples of octo/webhooks:', () => {
  const booking = (uuid: string, status = 'CONFIRMED') => ({ uuid, status, unitItems: [{ uuid: `${uuid}-1` }] });
  const option = (deliveryFormat: string) => ({
    deliveryFormat,
    deliveryValue: `https://example.com/${deliveryFormat}`,
  });

  it.each<[string, JsonObject, JsonObject, WebhookDiffOperation[]]>([
    [
      'a confirmation is one replace at /status',
      booking('b-1', 'ON_HOLD'),
      booking('b-1', 'CONFIRMED'),
      [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }],
    ],
    [
      'a removed booking is one remove with the whole booking',
      { bookings: [booking('b-1'), booking('b-2')] },
      { bookings: [booking('b-2')] },
      [{ op: 'remove', path: '/bookings/0', was: booking('b-1') }],
    ],
    [
      'a removed voucher option stands at its index',
      { voucher: { deliveryOptions: [option('QRCODE'), option('PDF_URL')] } },
      { voucher: { deliveryOptions: [option('QRCODE')] } },
      [{ op: 'remove', path: '/voucher/deliveryOptions/1', was: option('PDF_URL') }],
    ],
    [
      'a booking that stays and changes is changed inside, at its new place',
      { bookings: [booking('b-1'), booking('b-2', 'ON_HOLD')] },
      { bookings: [booking('b-2'), booking('b-3')] },
      [
        { op: 'remove', path: '/bookings/0', was: booking('b-1') },
        { op: 'add', path: '/bookings/1', value: booking('b-3') },
        { op: 'replace', path: '/bookings/0/status', was: 'ON_HOLD', value: 'CONFIRMED' },
      ],
    ],
    [
      'removals can also be read as indices of the old array',
      { codes: ['a', 'b', 'c', 'd'] },
      { codes: ['b', 'd'] },
      [
        { op: 'remove', path: '/codes/2', was: 'c' },
        { op: 'remove', path: '/codes/0', was: 'a' },
      ],
    ],
    [
      'null and absent are different things',
      { utcRedeemedAt: null, refund: 1 },
      { utcRedeemedAt: '2026-05-14T13:00:00Z', notes: null },
      [
        { op: 'replace', path: '/utcRedeemedAt', was: null, value: '2026-05-14T13:00:00Z' },
        { op: 'remove', path: '/refund', was: 1 },
        { op: 'add', path: '/notes', value: null },
      ],
    ],
    [
      'what turns from an object into a list or a text is replaced',
      { a: { b: 1 }, c: [] },
      { a: [{ b: 1 }], c: {} },
      [
        { op: 'replace', path: '/a', was: { b: 1 }, value: [{ b: 1 }] },
        { op: 'replace', path: '/c', was: [], value: {} },
      ],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });
});

it.each([
  ['{"__proto__":1}', '{"__proto__":2}', [{ op: 'replace', path: '/__proto__', was: 1, value: 2 }]],
  ['{"__proto__":{"a":1}}', '{}', [{ op: 'remove', path: '/__proto__', was: { a: 1 } }]],
  ['{}', '{"__proto__":{"a":1}}', [{ op: 'add', path: '/__proto__', value: { a: 1 } }]],
  ['{"x/y":{"~":1}}', '{"x/y":{"~":2}}', [{ op: 'replace', path: '/x~1y/~0', was: 1, value: 2 }]],
  ['{"":1}', '{"":2}', [{ op: 'replace', path: '/', was: 1, value: 2 }]],
])('diff from %s to %s takes every key as a key (RFC 6901)', (before, after, expected) => {
  expect(diff(JSON.parse(before) as JsonObject, JSON.parse(after) as JsonObject)).toEqual(expected);
});

describe('diff of very long lists', () => {
  const long = (size: number): JsonObject[] =>
    Array.from({ length: size }, (_, index) => ({ uuid: `u-${index}`, n: 0 }));

  it('is empty when they are equal', () => {
    expect(diff({ items: long(600) }, { items: long(600) }).length).toBe(0);
  });

  it('is still right when one has changed and one has gone', () => {
    const before = { items: long(600) };
    const after = { items: long(600).slice(1) };
    Object.assign(after.items[300] ?? {}, { n: 1 });
    const document = copy<JsonObject>(before);
    for (const operation of diff(before, after)) apply(document, operation);
    expect(document).toEqual(after);
  });
});

describe('the diff of a long list without ids', () => {
  const days = (from: number, count: number, places = 12): JsonObject[] =>
    Array.from({ length: count }, (_, day) => ({
      localDate: `day ${from + day}`,
      vacancies: places,
      capacity: places,
    }));

  it.each<[change: string, after: JsonObject[], expected: WebhookDiffOperation[]]>([
    ['first day goes', days(1, 1999), [{ op: 'remove', path: '/days/0', was: days(0, 1)[0] ?? {} }]],
    ['last day goes', days(0, 1999), [{ op: 'remove', path: '/days/1999', was: days(1999, 1)[0] ?? {} }]],
    ['next day comes', days(0, 2001), [{ op: 'add', path: '/days/2000', value: days(2000, 1)[0] ?? {} }]],
    [
      'window moves by a day',
      days(1, 2000),
      [
        { op: 'remove', path: '/days/0', was: days(0, 1)[0] ?? {} },
        { op: 'add', path: '/days/1999', value: days(2000, 1)[0] ?? {} },
      ],
    ],
  ])('has an operation for each day that changes, when its %s', (_change, after, expected) => {
    expect(diff({ days: days(0, 2000) }, { days: after })).toEqual(expected);
  });

  it('replaces the list when its operations would be longer than the list before and after', () => {
    const [was, value] = [days(0, 2000), days(5000, 2000, 11)];
    expect(diff({ days: was }, { days: value })).toEqual([{ op: 'replace', path: '/days', was, value }]);
  });

  it('is never longer than that, whatever changes', () => {
    const day = fc.record({ date: fc.integer({ min: 0, max: 40 }), places: fc.integer({ min: 0, max: 3 }) });
    const lists = fc.array(day, { minLength: 30, maxLength: 60 }) as fc.Arbitrary<JsonObject[]>;
    fc.assert(
      fc.property(lists, lists, (was, value) => {
        const replace = [{ op: 'replace', path: '/days', was, value }];
        const operations = diff({ days: was }, { days: value });
        expect(JSON.stringify(operations).length).toBeLessThanOrEqual(Math.max(1000, JSON.stringify(replace).length));
      }),
      { numRuns: 300 },
    );
  });
});
