const MAX_URL_LENGTH = 2048;

/**
 * Why a text cannot be a webhook's URL, or null when it can. Credentials are allowed in it: OCTO sends them as basic
 * authentication.
 */
export function urlProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a text';
  if (value.length > MAX_URL_LENGTH) return `must have at most ${MAX_URL_LENGTH} characters`;
  // URL takes some of them out in silence, so that what is stored is not what is called; PostgreSQL cannot store NUL.
  if (/\p{Cc}/u.test(value)) return 'must not have control characters';
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) {
    return 'must be an absolute URL that begins with https:// or http://';
  }
  if (new URL(value).hash !== '') return 'must not have a fragment (#…), which is never sent';
  return null;
}
