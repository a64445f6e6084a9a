import type { INestApplication } from '@nestjs/common';
import { DeliveryClaims, type ClaimedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import type { AttemptRecord } from '../../libs/webhooks/src/deliveries/settle.js';

/** An attempt that succeeded. */
export const ATTEMPT: AttemptRecord = {
  number: 1,
  startedAt: 0,
  durationMs: 0,
  responseStatus: 200,
  responseBody: '',
  failure: null,
  failureMessage: null,
};

/** Claims deliveries to a webhook, as the dispatcher of an application would. */
export async function claimFor(
  { app }: { readonly app: INestApplication },
  webhookId: string,
  share: number,
): Promise<readonly ClaimedDelivery[]> {
  return (await app.get(DeliveryClaims).claim(new Map([[webhookId, share]]))).deliveries;
}

/** Claims one delivery, which must be there. */
export async function claimOneFor(
  host: { readonly app: INestApplication },
  webhookId: string,
): Promise<ClaimedDelivery> {
  const [claimed] = await claimFor(host, webhookId, 1);
  if (claimed === undefined) throw new Error('There was nothing to claim.');
  return claimed;
}
