import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { InvalidOverlapError, InvalidSigningSecretError } from '../webhooks.errors.js';
import type { SigningSecret } from './webhook.js';

/** How deliveries are signed: with a shared secret, or with a private key whose public key the receiver knows. */
export type SigningScheme = 'hmac' | 'ed25519';

/** A signing secret in the form that signs. */
export interface SigningKey {
  readonly scheme: SigningScheme;
  readonly key: KeyObject;
}

const HMAC_PREFIX = 'whsec_';
const PRIVATE_PREFIX = 'whsk_';
const PUBLIC_PREFIX = 'whpk_';

/** Standard Webhooks: 24 to 64 random bytes. */
const MIN_HMAC_BYTES = 24;
const MAX_HMAC_BYTES = 64;
/** The libraries of Standard Webhooks write a private key as its seed and its public key. */
const PRIVATE_BYTES = 64;
const SEED_BYTES = 32;

/**
 * A new random signing secret in the notation of Standard Webhooks.
 *
 * @returns for `hmac` 32 bytes as `whsec_…`; for `ed25519` a private key as `whsk_…`, from which `signingPublicKey` derives the
 * public key
 */
export function generateSigningSecret(scheme: SigningScheme): string {
  if (scheme === 'hmac') return HMAC_PREFIX + randomBytes(32).toString('base64');
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const parts = [d, x].map((part) => Buffer.from(part ?? '', 'base64url'));
  return PRIVATE_PREFIX + Buffer.concat(parts).toString('base64');
}

/**
 * The key of a signing secret. The decoded bytes sign, not the text.
 *
 * @param text `whsec_` and 24 to 64 bytes in base64, or `whsk_` and an Ed25519 private key of 64 bytes (seed and public key)
 * @throws InvalidSigningSecretError says what is wrong, without any part of the secret
 */
export function parseSigningSecret(text: string): SigningKey {
  if (text.startsWith(HMAC_PREFIX)) return { scheme: 'hmac', key: hmacKey(text.slice(HMAC_PREFIX.length)) };
  if (text.startsWith(PRIVATE_PREFIX)) return { scheme: 'ed25519', key: privateKey(text.slice(PRIVATE_PREFIX.length)) };
  throw new InvalidSigningSecretError(`it must begin with ${HMAC_PREFIX} or ${PRIVATE_PREFIX}`);
}

/**
 * The public key of an Ed25519 signing secret, `whpk_…`, which receivers need.
 *
 * @returns null for a shared secret, which has no public key
 * @throws InvalidSigningSecretError as `parseSigningSecret` does
 */
export function signingPublicKey(text: string): string | null {
  const { scheme, key } = parseSigningSecret(text);
  return scheme === 'hmac' ? null : PUBLIC_PREFIX + publicBytes(key).toString('base64');
}

function hmacKey(base64: string): KeyObject {
  const bytes = decoded(base64);
  if (bytes.length < MIN_HMAC_BYTES || bytes.length > MAX_HMAC_BYTES) {
    throw new InvalidSigningSecretError(
      `it has ${bytes.length} bytes, but must have ${MIN_HMAC_BYTES} to ${MAX_HMAC_BYTES}`,
    );
  }
  return createSecretKey(bytes);
}

function privateKey(base64: string): KeyObject {
  const bytes = decoded(base64);
  if (bytes.length !== PRIVATE_BYTES) {
    throw new InvalidSigningSecretError(
      `it has ${bytes.length} bytes, but a private key must have ${PRIVATE_BYTES}: seed and public key`,
    );
  }
  const [d, x] = [bytes.subarray(0, SEED_BYTES), bytes.subarray(SEED_BYTES)];
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: d.toString('base64url'), x: x.toString('base64url') };
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  // Node derives the public key from the seed and ignores `x`.
  if (!publicBytes(key).equals(x)) {
    throw new InvalidSigningSecretError('its public key is not that of its seed');
  }
  return key;
}

function publicBytes(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url');
}

/** Strict, because a receiver's library may decode malformed base64 to other bytes, or refuse it. */
function decoded(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) {
    throw new InvalidSigningSecretError('the part after its prefix must be base64 with padding');
  }
  return bytes;
}

/** The secrets as JSON text, with their ends in ms since 1970 UTC. */
export function signingSecretsToJson(secrets: readonly SigningSecret[]): string {
  return JSON.stringify(secrets.map(({ secret, expiresAt }) => ({ secret, expiresAt: expiresAt?.getTime() ?? null })));
}

/**
 * The secrets of a JSON text that sign at `now`, in ms since 1970 UTC. Secrets whose overlap is over are left out.
 *
 * @throws Error when the text is not as `signingSecretsToJson` writes it
 */
export function signingSecretsFromJson(json: string, now: number): SigningSecret[] {
  const stored: unknown = JSON.parse(json);
  if (!Array.isArray(stored) || !stored.every(isStoredSecret)) throw new TypeError('Not a list of signing secrets.');
  return stored
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
    .map(({ secret, expiresAt }) => ({ secret, expiresAt: expiresAt === null ? null : new Date(expiresAt) }));
}

function isStoredSecret(value: unknown): value is { secret: string; expiresAt: number | null } {
  if (typeof value !== 'object' || value === null || !('secret' in value && 'expiresAt' in value)) return false;
  return typeof value.secret === 'string' && (value.expiresAt === null || typeof value.expiresAt === 'number');
}

/**
 * Puts a new secret in front. The earlier ones sign beside it for `overlapMs` at most, so that receivers have time to
 * change over.
 *
 * @param now in ms since 1970 UTC
 * @throws InvalidOverlapError when `overlapMs` is not a whole number of 0 or more
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
