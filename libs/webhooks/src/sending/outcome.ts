import { retryAfterMs } from './retry-after.js';
import type { AttemptFailure } from '../deliveries/webhook-attempt.entity.js';
import type { TransportError, WebhookResponse } from './transport/webhook-transport.js';

/** Stands for the receiver's own URL when a Location is read. */
const RELATIVE = 'http://same-host.invalid';

/** What came of an attempt. */
export type Outcome =
  | { readonly delivered: true; readonly response: WebhookResponse }
  | {
      readonly delivered: false;
      readonly response: WebhookResponse | null;
      readonly error: AttemptFailure;
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
      message: `Answered with ${status}, a redirect${target(response.headers['location'])}; redirects are not followed.`,
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

/** Statuses by which a receiver, or the gateway in front of it, says that it has too much to do. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const GONE = 410;

/** What an outcome says of the receiver. @param now for a `Retry-After` that is a date, in ms */
export function verdictOf(outcome: Outcome, now: number): Verdict {
  if (outcome.delivered) return { kind: 'succeeded' };
  const { response } = outcome;
  return {
    kind: 'failed',
    overloaded: response !== null && OVERLOADED.has(response.status),
    retryAfterMs: retryAfterMs(response?.headers['retry-after'], now),
    gone: response?.status === GONE,
  };
}

/** Where a redirect leads, as far as a log may tell: the host alone, since the rest may hold credentials. */
function target(location: string | undefined): string {
  if (location === undefined || !URL.canParse(location, RELATIVE)) return '';
  const { host } = new URL(location, RELATIVE);
  if (host === new URL(RELATIVE).host) return ' within the same host';
  return host === '' ? '' : ` to ${host}`;
}

/** What an attempt says of its receiver. */
export type Verdict =
  | { readonly kind: 'succeeded' }
  | {
      readonly kind: 'failed';
      /** Whether the receiver says that it has too much to do, or cannot be reached behind its gateway. */
      readonly overloaded: boolean;
      /** How long it asks to be left alone, in ms; null when it does not. */
      readonly retryAfterMs: number | null;
      /** Whether it says that there will never be anything here again. */
      readonly gone: boolean;
    }
  /** Nothing was sent, or for reasons that are not the receiver's. */
  | { readonly kind: 'none' };

export const NO_VERDICT: Verdict = { kind: 'none' };
