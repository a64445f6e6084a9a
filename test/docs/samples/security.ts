import { createPublicKey, verify } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  generateSigningSecret,
  signingPublicKey,
  WebhookEncryption,
  WebhooksService,
  type OctoConnection,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';

// #region options
/** For the `useFactory` of `WebhooksModule.forRootAsync`. */
export function webhooksOptions(env: NodeJS.ProcessEnv): WebhooksModuleOptions {
  return {
    encryption: {
      keys: [
        { id: '2026-11', key: env['WEBHOOKS_KEY_2026_11'] ?? '' }, // encrypts; openssl rand -base64 32
        { id: '2025-06', key: env['WEBHOOKS_KEY_2025_06'] ?? '' }, // still decrypts
      ],
    },
    request: {
      schemes: ['https'],
      ports: [443, 8443],
      allowAddresses: ['10.20.0.0/16', '*.partners.internal'], // besides all public ones
      denyAddresses: ['10.20.0.1', 'legacy.example.com'], // wins
    },
  };
}
// #endregion options

// #region keys
@Injectable()
export class KeyChange {
  constructor(private readonly encryption: WebhookEncryption) {}

  /** To be called once the new key is the first one in every process. */
  async finish(): Promise<void> {
    const { unreadable } = await this.encryption.reencrypt();
    if (unreadable.length > 0) throw new Error(`Keep the old key: ${unreadable.join(', ')} cannot be read.`);
  }
}
// #endregion keys

// #region rotation
@Injectable()
export class SigningSecrets {
  constructor(private readonly webhooks: WebhooksService) {}

  /** A new shared secret; for two days the old one signs beside it. */
  async rotate(connection: OctoConnection, webhookId: string): Promise<string> {
    return this.webhooks.rotateSigningSecret(connection, webhookId, { overlapMs: 48 * 3_600_000 });
  }

  /** A private key instead of a shared secret. The partner is told the public one, whpk_…, and can forge nothing. */
  async useEd25519(connection: OctoConnection, webhookId: string): Promise<string | null> {
    const signingSecret = generateSigningSecret('ed25519');
    await this.webhooks.rotateSigningSecret(connection, webhookId, { signingSecret });
    return signingPublicKey(signingSecret);
  }
}
// #endregion rotation

// #region verification
/** Whether one of the signatures of a delivery is by the private half of a `whpk_…`. Check the age of the timestamp, too. */
export function isSigned(publicKey: string, headers: Record<string, string>, body: Buffer): boolean {
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), body]);
  const signatures = headers['webhook-signature']?.split(' ') ?? [];
  return signatures
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) => verify(null, signed, key, Buffer.from(signature.slice('v1a,'.length), 'base64')));
}
// #endregion verification
