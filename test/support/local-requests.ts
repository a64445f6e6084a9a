import type { WebhooksRequestOptions } from 'nestjs-octo-webhooks';

/** Lets deliveries go to receivers on this machine, over http too. */
export const LOCAL_REQUESTS = {
  allowPrivateAddresses: true,
  schemes: ['https', 'http'],
} as const satisfies WebhooksRequestOptions;
