import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** A new symmetric signing secret: 32 random bytes, written as Standard Webhooks wants it. */
export function newSigningSecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}`;
}

/** The bytes that sign: the decoded part, not the text. */
export function signingKey(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64');
}
