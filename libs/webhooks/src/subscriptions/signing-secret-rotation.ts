import { InvalidOverlapError } from '../webhooks.errors.js';
import type { SigningSecret } from './webhook.js';

/** The secrets as JSON text: ends in ms since 1970 UTC. */
export function signingSecretsToJson(secrets: readonly SigningSecret[]): string {
  return JSON.stringify(
    secrets.map(({ secret, expiresAt }) => ({ secret, expiresAt: expiresAt === null ? null : expiresAt.getTime() })),
  );
}

/** The secrets of a stored JSON text that sign now, in ms since 1970 UTC; those whose time is over are gone. */
export function signingSecretsFromJson(json: string, now: number): SigningSecret[] {
  const stored = JSON.parse(json) as { secret: string; expiresAt: number | null }[];
  return stored
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    .map(({ secret, expiresAt }) => ({ secret, expiresAt: expiresAt === null ? null : new Date(expiresAt) }));
}

/**
 * Puts a new secret in front. Those before it sign on beside it, but for `overlapMs` at most, so that receivers have the
 * time to change over.
 *
 * @throws InvalidOverlapError when `overlapMs` is no whole number from 0 on
 */
export function rotatedSigningSecrets(
  secrets: readonly SigningSecret[],
  secret: string,
  overlapMs: number,
  now: number,
): SigningSecret[] {
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0) {
    throw new InvalidOverlapError(overlapMs);
  }
  const end = now + overlapMs;
  const earlier = secrets
    .filter((one) => one.secret !== secret)
    .map((one) => ({ ...one, expiresAt: new Date(Math.min(one.expiresAt?.getTime() ?? end, end)) }));
  return [{ secret, expiresAt: null }, ...(overlapMs === 0 ? [] : earlier)];
}
