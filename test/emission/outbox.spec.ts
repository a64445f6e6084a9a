import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ForeignEntityManagerError,
  InvalidWebhookChangeError,
  WebhookEvent,
  type JsonObject,
  type WebhookChange,
} from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, TEST_OPTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

const AN_HOUR_MS = 3_600_000;

describeOnDatabases('An event emitted in a transaction', (kind) => {
  // So long that no poll happens in a test: a delivery arrives only because a commit woke the dispatcher.
  const host = useTestHost(kind, { dispatch: { ...TEST_OPTIONS.dispatch, pollMs: AN_HOUR_MS } });
  const receiver = useReceiver();

  beforeEach(() => host.subscribe({ url: receiver.url() }));
  afterEach(async () => {
    for (const { id } of await host.webhooks.list(CONNECTIONS.a)) {
      await host.webhooks.delete(CONNECTIONS.a, id);
    }
  });

  const events = (resourceId: string) => host.dataSource.getRepository(WebhookEvent).findBy({ resourceId });

  it('it is delivered at once after the commit, without a poll', async () => {
    await host.dataSource.transaction(async (manager) => {
      await host.emitter.emit(bookingChange('committed', null, 'ON_HOLD'), { manager });
    });
    const [request] = await receiver.received(1);
    expect(request?.body).toMatchObject({ event: 'booking_update', booking: { uuid: 'committed' }, diff: [] });
  });

  it('it is gone with the rollback of the transaction', async () => {
    const failing = host.dataSource.transaction(async (manager) => {
      await host.emitter.emit(bookingChange('rolled-back', null, 'ON_HOLD'), { manager });
      throw new Error('The host changes its mind.');
    });
    await expect(failing).rejects.toThrow('The host changes its mind.');
    await host.emitter.emit(bookingChange('later', null, 'ON_HOLD'));
    await receiver.received(1);
    expect(receiver.requests.map(({ body }) => body.booking?.['uuid'])).toEqual(['later']);
    expect(await events('rolled-back')).toEqual([]);
  });

  it('it is gone with a rolled back savepoint, while the transaction around it commits', async () => {
    await host.dataSource.transaction(async (manager) => {
      await host.emitter.emit(bookingChange('outer', null, 'ON_HOLD'), { manager });
      const inner = manager.transaction(async (nested) => {
        await host.emitter.emit(bookingChange('inner', null, 'ON_HOLD'), { manager: nested });
        throw new Error('Only the inner part fails.');
      });
      await expect(inner).rejects.toThrow('Only the inner part fails.');
    });
    await receiver.received(1);
    expect(receiver.requests.map(({ body }) => body.booking?.['uuid'])).toEqual(['outer']);
    expect(await events('inner')).toEqual([]);
  });

  it('when the host gives no state before, the state after the previous event is taken', async () => {
    const { before: _, ...change } = bookingChange('stored', null, 'CONFIRMED');
    await host.emitter.emit(bookingChange('stored', null, 'ON_HOLD'));
    await host.emitter.emit(change);
    const [, second] = await receiver.received(2);
    expect(second?.body.diff).toEqual([{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }]);
  });

  it('the state of another supplier is never taken for the state before, though the ids are equal', async () => {
    const { before: _, ...change } = bookingChange('same-id', null, 'CONFIRMED');
    await host.emitter.emit({ ...bookingChange('same-id', null, 'ON_HOLD'), supplierId: 'supplier-2' });
    await host.emitter.emit(change);
    const [first] = await receiver.received(1);
    expect(first?.body).toMatchObject({ supplier: { id: 'supplier-1' }, booking: { status: 'CONFIRMED' }, diff: [] });
  });

  it('the state before that the host gives is compared in full, with what only one of the two has', async () => {
    const { before: _, after, ...change } = bookingChange('whole', null, 'CONFIRMED');
    const before = { ...after, status: 'ON_HOLD', utcExpiresAt: '2026-05-04T08:15:30Z' };
    await host.emitter.emit({ ...change, before, after: { ...after, utcConfirmedAt: '2026-05-04T08:00:00Z' } });
    const [request] = await receiver.received(1);
    expect(request?.body.diff).toHaveLength(3);
    expect(request?.body.diff).toEqual(
      expect.arrayContaining([
        { op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' },
        { op: 'remove', path: '/utcExpiresAt', was: '2026-05-04T08:15:30Z' },
        { op: 'add', path: '/utcConfirmedAt', value: '2026-05-04T08:00:00Z' },
      ]),
    );
  });

  it('it may be written beside others that have no state before', async () => {
    await host.emitter.emitAll([
      bookingChange('created', null, 'ON_HOLD'),
      bookingChange('changed', 'ON_HOLD', 'CONFIRMED'),
    ]);
    const changed = (await receiver.received(2)).find(({ body }) => body.booking?.['uuid'] === 'changed');
    expect(changed?.body.diff).toEqual([{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }]);
  });

  it('it holds what the toJSON of an object of the host returns', async () => {
    const { after, ...change } = bookingChange('own-form', null, 'CONFIRMED');
    const entity = { secret: 'not for partners', toJSON: () => after } as unknown as JsonObject;
    await host.emitter.emit({ ...change, after: entity });
    expect(await events('own-form')).toMatchObject([{ after }]);
    expect((await events('own-form'))[0]?.after).not.toHaveProperty('secret');
  });

  it('nothing is sent when the subscriber can see no difference', async () => {
    await host.emitter.emit(bookingChange('same', 'CONFIRMED', 'CONFIRMED'));
    await host.emitter.emit(bookingChange('same', 'CONFIRMED', 'CANCELLED'));
    const [request] = await receiver.received(1);
    expect(request?.body.booking).toMatchObject({ status: 'CANCELLED' });
    expect(receiver.requests).toHaveLength(1);
  });

  describe('is refused, and nothing is written,', () => {
    const valid = bookingChange('refused', null, 'ON_HOLD');
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;

    it.each([
      ['an unknown event', { ...valid, event: 'booking.updated' }, 'event', 'must be one of booking_update'],
      ['no supplier', { ...valid, supplierId: '' }, 'supplierId', 'must be a text of 1 to 191 characters'],
      ['no audience', { ...valid, connectionIds: undefined }, 'connectionIds', 'must name the connections'],
      ['an empty audience', { ...valid, connectionIds: [] }, 'connectionIds', 'at least one connection id'],
      ['an id that is too long', { ...valid, resourceId: 'x'.repeat(192) }, 'resourceId', 'must be a text of 1 to 191'],
      ['an id with a space at its end', { ...valid, resourceId: 'a ' }, 'resourceId', 'no space at either end'],
      ['an id with a line break', { ...valid, resourceId: 'a\nb' }, 'resourceId', 'control character'],
      ['no state', { ...valid, after: null }, 'after', 'must be a JSON object'],
      ['a state that is a date', { ...valid, after: new Date(0) }, 'after', 'must be a JSON object'],
      [
        'a state whose own form is nothing',
        { ...valid, after: { toJSON: () => undefined } },
        'after',
        'must be a JSON object',
      ],
      ['a state that is no JSON', { ...valid, after: cyclic }, 'after', 'must be JSON'],
      ['a state whose own form fails', { ...valid, after: { toJSON: () => BigInt(1) } }, 'after', 'must be JSON'],
      ['a state before that is no JSON', { ...valid, before: cyclic }, 'before', 'must be JSON'],
      ['a state before that is a list', { ...valid, before: [] }, 'before', 'must be a JSON object'],
    ])('with %s', async (_, change, field, problem) => {
      const emitting = host.emitter.emit(change as unknown as WebhookChange);
      await expect(emitting).rejects.toThrow(InvalidWebhookChangeError);
      await expect(emitting).rejects.toThrow(problem);
      await expect(emitting).rejects.toMatchObject({ field });
      expect(await events('refused')).toEqual([]);
    });

    it('with a manager of another data source', async () => {
      const other = new DataSource({ type: 'postgres', entities: [] });
      const emitting = host.emitter.emit(valid, { manager: other.manager });
      await expect(emitting).rejects.toThrow(ForeignEntityManagerError);
    });
  });
});
