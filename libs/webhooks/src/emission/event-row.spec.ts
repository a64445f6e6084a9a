import { describe, expect, it } from '@jest/globals';
import { InvalidWebhookChangeError } from '../webhooks.errors.js';
import { eventRow, resourceKey, type EmittedChange } from './event-row.js';
import type { WebhookChange } from './webhook-change.js';
import { webhookEventSchema } from './webhook-event.entity.js';

const booking = {
  event: 'booking_update',
  supplierId: 's',
  connectionIds: ['c'],
  resourceId: 'b-1',
  after: { uuid: 'b-1', status: 'CONFIRMED' },
} satisfies WebhookChange;
const product = { event: 'product_update', supplierId: 's', resourceId: 'p-1', after: {} } satisfies WebhookChange;
const availability = {
  event: 'availability_update',
  supplierId: 's',
  productId: 'p-1',
  optionId: 'o-1',
  availabilityId: 'a-1',
  after: {},
} satisfies WebhookChange;

const row = (change: object) => eventRow('id', change as EmittedChange, 1);

describe('A row of the outbox', () => {
  it('has all columns of the table but the sequence, which the database assigns', () => {
    const columns = Object.values(webhookEventSchema('mysql').options.columns).map((column) => column?.name);
    expect(Object.keys(row(booking)).sort()).toEqual(columns.filter((name) => name !== 'sequence').sort());
  });

  it('is pending, due at once, in no process and from no trigger', () => {
    expect(row(booking)).toMatchObject({
      id: 'id',
      type: 'booking_update',
      supplier_id: 's',
      connection_ids: '["c"]',
      resource_id: 'b-1',
      product_id: null,
      option_id: null,
      entity: null,
      status: 'pending',
      due_at: 1,
      lease_token: '00000000-0000-0000-0000-000000000000',
      failures: 0,
      failure_reason: null,
      created_at: 1,
      trigger_webhook_id: null,
      trigger_request_id: null,
      trigger_query: null,
    });
  });

  it('names all ids of an availability, and the row of a saved entity', () => {
    const entity = { name: 'Slot', id: { id: 'a-1' } };
    expect(row({ ...availability, entity })).toMatchObject({
      resource_id: 'a-1',
      product_id: 'p-1',
      option_id: 'o-1',
      entity: JSON.stringify(entity),
    });
  });
});

describe('The key of a resource', () => {
  it('is the same for two changes of one resource', () => {
    expect(resourceKey({ ...booking, after: {} })).toBe(resourceKey(booking));
    expect(resourceKey({ ...availability, supplierId: 'other', after: { vacancies: 1 } })).toBe(
      resourceKey(availability),
    );
  });

  it.each(['productId', 'optionId', 'availabilityId'])('is another for another %s of an availability', (field) => {
    expect(resourceKey({ ...availability, [field]: 'other' })).not.toBe(resourceKey(availability));
  });

  it('is another for another id, and for another kind of resource with the same id', () => {
    const keys = [
      booking,
      { ...booking, resourceId: 'b-2' },
      { ...booking, event: 'order_update' as const },
      { ...product, resourceId: 'b-1' },
    ].map(resourceKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is another when the same ids are those of other things', () => {
    const [x, y, z] = ['x', 'y', 'z'];
    const keys = [
      { productId: x, optionId: y, availabilityId: z },
      { productId: y, optionId: x, availabilityId: z },
      { productId: x, optionId: z, availabilityId: y },
      { productId: `${x}${y}`, optionId: z, availabilityId: z },
      { productId: x, optionId: `${y}${z}`, availabilityId: z },
    ].map((ids) => resourceKey({ ...availability, ...ids }));
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('An id of the host', () => {
  const LONGEST = 'x'.repeat(191);

  it.each([
    ['supplierId', booking],
    ['resourceId', booking],
    ['resourceId', product],
    ['productId', availability],
    ['optionId', availability],
    ['availabilityId', availability],
  ])('%s may have 191 characters and not one more', (field, change) => {
    expect(() => row({ ...change, [field]: LONGEST })).not.toThrow();
    const refused = (): unknown => row({ ...change, [field]: `${LONGEST}x` });
    expect(refused).toThrow(InvalidWebhookChangeError);
    expect(refused).toThrow(field);
  });

  it('of a connection may have 191 characters and not one more, and the error says which of them it is', () => {
    expect(row({ ...booking, connectionIds: [LONGEST] })).toMatchObject({ connection_ids: `["${LONGEST}"]` });
    expect(() => row({ ...booking, connectionIds: ['c', `${LONGEST}x`] })).toThrow('connectionIds[1]');
  });

  it('fits into the key of a resource together with the others', () => {
    const ids = { productId: LONGEST, optionId: LONGEST, availabilityId: LONGEST };
    const [{ length: most = 0 } = {}] = Object.values(webhookEventSchema('mysql').options.columns).filter(
      (column) => column?.name === 'resource_key',
    );
    expect(resourceKey({ ...availability, ...ids }).length).toBeLessThanOrEqual(Number(most));
  });
});

describe('The audience of a change', () => {
  it.each([product, availability])('is the whole supplier where the host names none: %j', (change) => {
    expect(row(change)).toMatchObject({ connection_ids: null });
    expect(row({ ...change, connectionIds: ['c', 'd'] })).toMatchObject({ connection_ids: '["c","d"]' });
  });

  it.each(['booking_update', 'order_update'])('must be named for a %s', (event) => {
    const { connectionIds: _, ...change } = { ...booking, event };
    expect(() => row(change)).toThrow(`must name the connections that own the ${event}'s object`);
  });

  it.each([[[]], ['c'], [null]])('cannot be %j', (connectionIds) => {
    expect(() => row({ ...booking, connectionIds })).toThrow('must be a list of at least one connection id');
  });
});

describe('The states of a change', () => {
  it.each([
    ['the host says that it was created', { ...booking, before: null }, 'created', null],
    [
      'the host gives the state before',
      { ...booking, before: { uuid: 'b-1' } },
      'given',
      '{"had":{},"lacked":["status"]}',
    ],
    ['the host does not say', booking, 'stored', null],
    [
      'only a saved entity knows it',
      { ...booking, earlier: { uuid: 'b-1' } },
      'stored',
      '{"had":{},"lacked":["status"]}',
    ],
    ['it is an availability', { ...availability, before: { id: 'a-1' } }, 'stored', null],
  ])('name where the state before comes from when %s', (_, change, before_source, before_state) => {
    expect(row(change)).toMatchObject({ before_source, before_state, after_state: JSON.stringify(change.after) });
  });

  it('are what the toJSON of an object of the host returns', () => {
    expect(row({ ...booking, after: { secret: 1, toJSON: () => ({ uuid: 'b-1' }) } })).toMatchObject({
      after_state: '{"uuid":"b-1"}',
    });
  });
});

describe('A change is refused, and the error names the field,', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;

  it.each<[string, object, string, string]>([
    ['for an unknown event', { event: 'booking.updated' }, 'event', 'must be one of booking_update, order_update'],
    ['without a state', { after: undefined }, 'after', 'must be a JSON object'],
    ['for a state that is null', { after: null }, 'after', 'must be a JSON object'],
    ['for a state that is a text', { after: 'text' }, 'after', 'must be a JSON object'],
    ['for a state that is a function', { after: () => null }, 'after', 'must be a JSON object'],
    ['for a state that is a list', { after: [] }, 'after', 'must be a JSON object'],
    ['for a state whose own form is a text', { after: new Date(0) }, 'after', 'must be a JSON object'],
    ['for a state whose own form is nothing', { after: { toJSON: () => undefined } }, 'after', 'must be a JSON object'],
    ['for a state that refers to itself', { after: cyclic }, 'after', 'must be JSON, but is not: '],
    ['for a state whose own form fails', { after: { toJSON: () => BigInt(1) } }, 'after', 'must be JSON, but is not: '],
    ['for a state before that is a list', { before: [] }, 'before', 'must be a JSON object'],
    ['for a state before that refers to itself', { before: cyclic }, 'before', 'must be JSON, but is not: '],
  ])('%s', (_, wrong, field, problem) => {
    const making = () => row({ ...booking, ...wrong });
    expect(making).toThrow(InvalidWebhookChangeError);
    expect(making).toThrow(expect.objectContaining({ field, message: expect.stringContaining(problem) }));
  });
});
