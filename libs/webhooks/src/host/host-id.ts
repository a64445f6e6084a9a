const MAX_LENGTH = 191;

/**
 * Why a value cannot be an id of the host's, or null when it can. A space at the end is refused, because MySQL and MariaDB take
 * `a` and `a ` for the same: what belongs to the one would reach the other.
 */
export function hostIdProblem(value: unknown): string | null {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH && !/\p{Cc}|^\s|\s$/u.test(value)) {
    return null;
  }
  return `must be a text of 1 to ${MAX_LENGTH} characters, no control characters, and no space at either end`;
}
