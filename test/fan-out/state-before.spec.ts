import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookEvent, WebhookPayload, type BookingChange, type Webhook } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

describeOnServers('The state before a change, when the host gives none,', (kind) => {
  const host = useTestHost(kind, { dispatch: { enabled: false } });
  let webhook: Webhook;

  beforeEach(async () => {
    webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
  });
  afterEach(async () => {
    await host.webhooks.delete(CONNECTIONS.a, webhook.id);
    for (const entity of [WebhookEvent, WebhookPayload]) await host.dataSource.getRepository(entity).deleteAll();
  });

  /** A change of the booking `b-1` into a status. */
  const change = (status: string): BookingChange => {
    const { before: _, ...rest } = bookingChange('b-1', null, status);
    return rest;
  };
  const fanOut = async (): Promise<void> => {
    await fanOutAll(host.app.get(FanOut));
  };
  const emit = async (
    one: BookingChange,
    row: { triggerRequestId?: string; status?: 'failed' } = {},
  ): Promise<void> => {
    await host.emitter.emit(one);
    await fanOut();
    const events = host.dataSource.getRepository(WebhookEvent);
    const [last] = await events.find({ order: { sequence: 'DESC' }, take: 1 });
    if (last !== undefined && Object.keys(row).length > 0) await events.update({ id: last.id }, row);
  };
  /** The status before the next change, as partners are told. */
  const statusBeforeNext = async (): Promise<unknown> => {
    await emit(change('NEXT'));
    const [payload] = await host.dataSource.getRepository(WebhookPayload).find({ order: { id: 'DESC' }, take: 1 });
    const { diff } = JSON.parse(`{${payload?.body?.replace(/^\{|\}$/g, '') ?? ''}}`) as { diff: { was?: unknown }[] };
    return diff[0]?.was;
  };

  it('it is the state after the previous change, even if nobody has received that', async () => {
    await emit(change('FIRST'));
    await emit({ ...change('SECOND'), connectionIds: [CONNECTIONS.b.id] });
    expect(await statusBeforeNext()).toBe('SECOND');
  });

  it('it is not the state that a partner has triggered, because that was read outside of any change', async () => {
    await emit(change('FIRST'));
    await emit(change('TRIGGERED'), { triggerRequestId: uuidv7() });
    expect(await statusBeforeNext()).toBe('FIRST');
  });

  it('it is not the state of an event that has failed, because nobody was told that', async () => {
    await emit(change('FIRST'));
    await emit(change('FAILED'), { status: 'failed' });
    expect(await statusBeforeNext()).toBe('FIRST');
  });

  it.each<[string, Partial<BookingChange>]>([
    ['of another supplier', { supplierId: 'supplier-2', connectionIds: [CONNECTIONS.z.id] }],
    ['of another booking', { resourceId: 'b-2' }],
  ])('it is not a state %s', async (_, other) => {
    await emit(change('FIRST'));
    await emit({ ...change('OTHER'), ...other });
    expect(await statusBeforeNext()).toBe('FIRST');
  });

  it('it is not a later state, which an event that is fanned out late finds in the table', async () => {
    await emit(change('FIRST'));
    await host.emitter.emitAll([change('NEXT'), change('LATER')]);
    await fanOut();
    const payloads = await host.dataSource.getRepository(WebhookPayload).find({ order: { id: 'ASC' } });
    expect(payloads.map(({ body }) => /"was":"(\w+)"/.exec(body ?? '')?.[1])).toEqual([undefined, 'FIRST', 'NEXT']);
  });
});
