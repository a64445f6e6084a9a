import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { WebhookEvent, type JsonObject } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { HARBOUR_WALK, usePlatform } from '../support/platform.js';

describeOnServers('A request for a booking with a uuid, sent again', (kind) => {
  const platform = usePlatform(kind);
  const resellerA = platform.client('key-reseller-a');

  /** A request for a hold on a departure that no other test uses. */
  async function request(inDays: number) {
    const localDate = new Date(Date.now() + inDays * 24 * 3_600_000).toISOString().slice(0, 10);
    const { body: slots } = await resellerA.post<{ id: string }[]>('/availability', { ...HARBOUR_WALK, localDate });
    return {
      ...HARBOUR_WALK,
      uuid: randomUUID(),
      availabilityId: slots[0]?.id ?? '',
      unitItems: [{ unitId: 'unit_adult' }],
      expirationMinutes: 20,
    };
  }

  async function vacancies(availabilityId: string): Promise<unknown> {
    const query = { ...HARBOUR_WALK, availabilityIds: [availabilityId] };
    return (await resellerA.post<JsonObject[]>('/availability', query)).body[0]?.['vacancies'];
  }

  const events = (): Promise<number> => platform.dataSource.manager.count(WebhookEvent);

  it('changes nothing: neither the booking, nor the places, nor the outbox', async () => {
    const body = await request(10);
    await resellerA.post('/bookings', body);
    await resellerA.patch(`/bookings/${body.uuid}`, { notes: 'At the gate', expirationMinutes: 60 });
    const before = [
      (await resellerA.get(`/bookings/${body.uuid}`)).body,
      await vacancies(body.availabilityId),
      await events(),
    ];
    const again = await resellerA.post('/bookings', { ...body, unitItems: Array(3).fill({ unitId: 'unit_adult' }) });
    expect(again.status).toBe(200);
    expect([again.body, await vacancies(body.availabilityId), await events()]).toEqual(before);
  });

  it('answers with the booking as it is, when it is sold or cancelled', async () => {
    const body = await request(11);
    await resellerA.post('/bookings', body);
    await resellerA.post(`/bookings/${body.uuid}/confirm`, { contact: { emailAddress: 'jane@example.com' } });
    expect((await resellerA.post('/bookings', body)).body).toMatchObject({ uuid: body.uuid, status: 'CONFIRMED' });
    await resellerA.post(`/bookings/${body.uuid}/cancel`);
    expect((await resellerA.post('/bookings', body)).body).toMatchObject({ uuid: body.uuid, status: 'CANCELLED' });
  });

  it('books once, when it is sent several times at once', async () => {
    const body = await request(12);
    const answers = await Promise.all(Array.from({ length: 5 }, () => resellerA.post<JsonObject>('/bookings', body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map((answer) => answer.body['supplierReference'])).size).toBe(1);
    expect(await vacancies(body.availabilityId)).toBe(19);
  });

  it('is refused, when another connection has a booking with that uuid', async () => {
    const body = await request(13);
    await resellerA.post('/bookings', body);
    const { status, body: error } = await platform.client('key-reseller-b').post('/bookings', body);
    expect([status, error]).toMatchObject([400, { error: 'INVALID_BOOKING_UUID', uuid: body.uuid }]);
  });
});
