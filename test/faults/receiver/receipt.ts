/** A request as the receiver wrote it down. */
export interface Receipt {
  /** 1 for the first request that came in. */
  readonly order: number;
  /** When it came in, in ms since 1970. */
  readonly at: number;
  /** Which endpoint: the path of its URL without the slash. */
  readonly hook: string;
  /** The `webhook-id`. */
  readonly delivery: string;
  /** The attempt, as the worker that made it named it. */
  readonly attempt: string;
  readonly resource: string;
  readonly version: number;
  /** The id of the change that the body tells of. */
  readonly change: string;
  readonly answer: string;
  /** Whether it was answered with 2xx. */
  readonly accepted: boolean;
}

/** The header in which a worker names its attempt. It is not part of OCTO. */
export const ATTEMPT_HEADER = 'x-attempt';
