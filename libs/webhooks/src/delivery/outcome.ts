import type { AttemptError, TransportError } from './transport/transport-error.js';
import type { WebhookResponse } from './transport/webhook-transport.js';

/** What came of an attempt. */
export type Outcome =
  | { readonly delivered: true; readonly response: WebhookResponse }
  | {
      readonly delivered: false;
      readonly response: WebhookResponse | null;
      readonly error: AttemptError;
      readonly message: string;
    };

/** OCTO: 200 to 299 is success, everything else is not; a redirect is not followed. */
export function outcomeOfResponse(response: WebhookResponse): Outcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { delivered: true, response };
  if (status >= 300 && status <= 399) {
    return {
      delivered: false,
      response,
      error: 'redirect',
      message: `Answered with ${status}; redirects are not followed.`,
    };
  }
  return {
    delivered: false,
    response,
    error: 'http_status',
    message: `Answered with ${status} instead of 200 to 299.`,
  };
}

/** A request without a complete response has failed. */
export function outcomeOfError(error: TransportError): Outcome {
  return { delivered: false, response: null, error: error.reason, message: error.message };
}
