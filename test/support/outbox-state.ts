import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { In, type EntityManager } from 'typeorm';
import { waitUntil } from './wait-until.js';

/** Waits until every change that was made has been fanned out. */
export async function everyChangeFannedOut(manager: EntityManager): Promise<void> {
  await waitUntil(
    'an empty outbox',
    async () => (await manager.countBy(WebhookEvent, { status: In(['pending', 'triggered']) })) === 0,
  );
}

/** Waits until every change that was made has been sent or given up: a delivery that has not arrived by then never will. */
export async function everythingSent(manager: EntityManager): Promise<void> {
  await everyChangeFannedOut(manager);
  await waitUntil('all to be sent', async () => (await manager.countBy(WebhookDelivery, { status: 'pending' })) === 0);
}
