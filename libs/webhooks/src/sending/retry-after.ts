/** RFC 9110 section 5.6.7: the one form of date that is to be sent, and the two that are to be understood. */
const HTTP_DATE =
  /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\w{6,9}, \d{2}-\w{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/;

/**
 * How long a receiver asks to be left alone, in ms, as RFC 9110 section 10.2.3 has it: seconds or an HTTP date.
 *
 * @param now for a date, in ms
 * @returns null for what is neither, or lies in the past
 */
export function retryAfterMs(value: string | undefined, now: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return null;
  // The oldest of the three forms names no zone; it is UTC all the same.
  const delay = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`) - now;
  return delay > 0 ? delay : null;
}
