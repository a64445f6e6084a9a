/** The receiver's record of a request. */
export interface Receipt {
  /** 1 for the first request that came in. */
  readonly order: number;
  /** When it came in, in ms since 1970. */
  readonly at: number;
  /** The path of the URL without the slash: it identifies the webhook. */
  readonly hook: string;
  /** The `webhook-id`. */
  readonly delivery: string;
  /** The name that the worker has given to the attempt. */
  readonly attempt: string;
  readonly resource: string;
  readonly version: number;
  /** The id of the change in the body. */
  readonly change: string;
  readonly answer: string;
  /** Whether it was answered with 2xx. */
  readonly accepted: boolean;
}

/** The header in which a worker names its attempt. It is not part of OCTO. */
export const ATTEMPT_HEADER = 'x-attempt';
