import { WebhooksError } from '../../webhooks.errors.js';
import type { AttemptFailure } from '../../deliveries/webhook-attempt.entity.js';

/** One POST, ready to be sent. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Exactly the bytes that were signed. */
  readonly body: Buffer;
}

/** A complete response. */
export interface WebhookResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The beginning of the body, up to `request.maxResponseBytes`. */
  readonly body: string;
}

/** Sends requests. A host may provide its own; the default uses axios on undici. */
export abstract class WebhookTransport {
  /**
   * Sends one POST without following redirects. Any status is a response, not an error.
   *
   * @throws TransportError when no complete response came in time
   */
  abstract post(request: WebhookRequest): Promise<WebhookResponse>;
}

/** A request that got no complete response. Thrown by a transport. */
export class TransportError extends WebhooksError {
  constructor(
    readonly reason: AttemptFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The error of a request that is not sent. @param reason why its address may not be called */
export function addressRefused(reason: string): TransportError {
  return new TransportError('address_refused', `Not called: ${reason}`);
}
