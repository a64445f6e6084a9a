import type { WebhookResponse } from 'nestjs-octo-webhooks';
import { PublicAddressPolicy } from '../../libs/webhooks/src/destinations/public-address-policy.js';
import { AxiosTransport, WebhookHttpService } from '../../libs/webhooks/src/sending/transport/axios-transport.js';
import { LOCAL_REQUESTS } from './local-requests.js';

/** The options of a transport that a test sets. Default: long time-outs, 1000 bytes, any address. */
export type TransportSettings = Partial<ConstructorParameters<typeof WebhookHttpService>[0]>;

/** A transport as the library makes it. */
export interface OpenTransport {
  /** Sends a body of a few bytes. */
  readonly post: (url: string) => Promise<WebhookResponse>;
  readonly close: () => Promise<void>;
}

/** Makes a transport of its own connections. */
export function openTransport(settings: TransportSettings = {}): OpenTransport {
  const http = new WebhookHttpService({
    connectTimeoutMs: 20_000,
    timeoutMs: 20_000,
    maxResponseBytes: 1000,
    addresses: new PublicAddressPolicy(LOCAL_REQUESTS),
    ca: null,
    proxy: null,
    ...settings,
  });
  const transport = new AxiosTransport(http);
  return {
    post: (url) => transport.post({ url, headers: { 'webhook-id': 'd-1' }, body: Buffer.from('{}') }),
    close: () => http.onApplicationShutdown(),
  };
}
