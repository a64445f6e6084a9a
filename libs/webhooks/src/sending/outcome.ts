import type { AttemptFailure } from '../deliveries/webhook-attempt.entity.js';
import type { TransportError, WebhookResponse } from './transport/webhook-transport.js';

/** How an attempt ended. */
export type Outcome =
  | { readonly delivered: true; readonly response: WebhookResponse }
  | {
      readonly delivered: false;
      /** null when no complete response came. */
      readonly response: WebhookResponse | null;
      readonly failure: AttemptFailure;
      /** The failure in words. */
      readonly message: string;
    };

/** The meaning of an attempt for its receiver. */
export type Verdict =
  | { readonly kind: 'succeeded' }
  | {
      readonly kind: 'failed';
      /** Whether the receiver is overloaded, or its gateway cannot reach it. */
      readonly overloaded: boolean;
      /** How long it asks to be left alone, in ms; null when it does not ask. */
      readonly retryAfterMs: number | null;
      /** Whether it says that this URL will never work again (410), in a way that nobody else could. */
      readonly gone: boolean;
    }
  /** Nothing was sent, or the failure is not the receiver's. */
  | { readonly kind: 'none' };

export const NO_VERDICT: Verdict = { kind: 'none' };

/** Statuses by which a receiver, or the gateway in front of it, says that it is overloaded. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const GONE = 410;
/** Replaces the receiver's own URL as the base of a relative Location. */
const RELATIVE = 'http://same-host.invalid';
/** RFC 9110 section 5.6.7: the current form of date, and two obsolete forms that must be understood. */
const HTTP_DATE =
  /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\w{6,9}, \d{2}-\w{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/** In OCTO, 200 to 299 is success, and everything else is a failure. A redirect is not followed. */
export function outcomeOfResponse(response: WebhookResponse): Outcome {
  const { status } = response;
  if (status >= 200 && status <= 299) return { delivered: true, response };
  if (status >= 300 && status <= 399) {
    return {
      delivered: false,
      response,
      failure: 'redirect',
      message: `Answered with ${status}, a redirect${target(response.headers['location'])}; redirects are not followed.`,
    };
  }
  return {
    delivered: false,
    response,
    failure: 'http_status',
    message: `Answered with ${status} instead of 200 to 299.`,
  };
}

/** A request without a complete response has failed. */
export function outcomeOfError(error: TransportError): Outcome {
  return { delivered: false, response: null, failure: error.reason, message: error.message };
}

/**
 * @param url where the request went. Over http, anybody on the way could answer 410
 * @param now for a `Retry-After` that is a date, in ms
 */
export function verdictOf(outcome: Outcome, url: string, now: number): Verdict {
  if (outcome.delivered) return { kind: 'succeeded' };
  const { response } = outcome;
  return {
    kind: 'failed',
    overloaded: response !== null && OVERLOADED.has(response.status),
    retryAfterMs: retryAfterMs(response?.headers['retry-after'], now),
    gone: response?.status === GONE && new URL(url).protocol === 'https:',
  };
}

/**
 * Reads `Retry-After`, as RFC 9110 section 10.2.3 defines it: seconds or an HTTP date.
 *
 * @param now for a date, in ms
 * @returns how long the receiver asks to be left alone, in ms; null for anything else and for a date in the past
 */
export function retryAfterMs(value: string | undefined, now: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return null;
  // The oldest of the three forms names no time zone, but is UTC.
  const delay = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now;
  return delay > 0 ? delay : null;
}

/** The target of a redirect, for a log. Only the host is shown, because the rest may contain credentials. */
function target(location: string | undefined): string {
  if (location === undefined || !URL.canParse(location, RELATIVE)) return '';
  const { host } = new URL(location, RELATIVE);
  if (host === new URL(RELATIVE).host) return ' within the same host';
  return host === '' ? '' : ` to ${host}`;
}
