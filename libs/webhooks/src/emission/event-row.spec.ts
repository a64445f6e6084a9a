import { expect, it } from '@jest/globals';
import { eventRow } from './event-row.js';
import { webhookEventSchema } from './webhook-event.entity.js';

it('a row has all columns of the table but the sequence, which the database assigns', () => {
  const after = { uuid: 'b-1' };
  const row = eventRow(
    'id',
    { event: 'booking_update', supplierId: 's', connectionIds: ['c'], resourceId: 'b-1', after },
    1,
  );
  const columns = Object.values(webhookEventSchema('mysql').options.columns).map((column) => column?.name);
  expect(Object.keys(row).sort()).toEqual(columns.filter((name) => name !== 'sequence').sort());
});
