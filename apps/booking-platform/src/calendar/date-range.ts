import { OctoError } from 'nestjs-octo-webhooks';

/** The fields by which OCTO requests select one date or several. */
export interface DateFilter {
  readonly localDate?: string | null;
  readonly localDateStart?: string | null;
  readonly localDateEnd?: string | null;
}

/** Two dates, both included. */
export interface DateRange {
  readonly start: string;
  readonly end: string;
}

/**
 * The dates that a request names; null when it names none.
 *
 * @throws OctoError BAD_REQUEST when its fields contradict each other
 */
export function dateRangeOf({ localDate, localDateStart, localDateEnd }: DateFilter): DateRange | null {
  const start = localDateStart ?? null;
  const end = localDateEnd ?? null;
  if (typeof localDate === 'string') {
    if (start === null && end === null) return { start: localDate, end: localDate };
    throw new OctoError('BAD_REQUEST', 'Send either localDate, or localDateStart and localDateEnd, not all of them.');
  }
  if (start === null && end === null) return null;
  if (start === null || end === null) {
    throw new OctoError(
      'BAD_REQUEST',
      'The fields localDateStart and localDateEnd go together; one of them is missing.',
    );
  }
  if (start <= end) return { start, end };
  throw new OctoError('BAD_REQUEST', `The field localDateStart is ${start}, which is after localDateEnd, ${end}.`);
}
