import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { TextSealer } from './text-sealer.js';
import { AesGcmCipher, WebhookCipher } from './webhook-cipher.js';

const PLACE = { webhookId: 'w-1', connectionId: 'c 1', supplierId: 's', field: 'url' };
const ANY = resolveWebhooksOptions({});
const ENCRYPTED = resolveWebhooksOptions({ encryption: { requireEncrypted: true } });
const OLD = { id: 'old', key: Buffer.alloc(32, 1) };
const NEW = { id: 'new', key: Buffer.alloc(32, 2) };
const sealer = new TextSealer(new AesGcmCipher(NEW, OLD), ANY);
const oldSealer = new TextSealer(new AesGcmCipher(OLD), ANY);
const readable = new TextSealer(null, ANY);

/** The error with which a stored text cannot be unsealed. */
function failure(asked: TextSealer, stored: string, place = PLACE): unknown {
  try {
    return asked.unseal(stored, place);
  } catch (error) {
    return error;
  }
}

describe('TextSealer', () => {
  it('stores enc:v1:<key id>:<base64>, and unseals it again', () => {
    const stored = sealer.seal('https://user:pass@example.com', PLACE);
    expect(stored).toMatch(/^enc:v1:new:[A-Za-z0-9+/]+=*$/);
    expect(sealer.unseal(stored, PLACE)).toBe('https://user:pass@example.com');
  });

  it('stores the text as it is without a cipher, and reads such text with one', () => {
    expect(readable.seal('https://example.com', PLACE)).toBe('https://example.com');
    expect(sealer.unseal('https://example.com', PLACE)).toBe('https://example.com');
  });

  it('refuses a readable text where it must be encrypted, and never shows it', () => {
    const strict = new TextSealer(new AesGcmCipher(NEW), ENCRYPTED);
    const reason = 'it is not encrypted, and the option encryption.requireEncrypted is set';
    const error = failure(strict, 'https://s3cret.example', PLACE);
    expect(error).toBeInstanceOf(UnreadableWebhookError);
    expect(error).toMatchObject({ webhookId: 'w-1', field: 'url', keyId: null, reason });
    expect(String(error)).not.toContain('s3cret');
    expect(strict.unseal(strict.seal('x', PLACE), PLACE)).toBe('x');
  });

  it('cannot require encryption without a cipher', () => {
    expect(() => new TextSealer(null, ENCRYPTED)).toThrow(
      'option encryption.requireEncrypted is true, but must be false without a key.',
    );
  });

  it('recognizes a text that it would write differently now', () => {
    expect(sealer.isCurrent(sealer.seal('x', PLACE))).toBe(true);
    expect(sealer.isCurrent(oldSealer.seal('x', PLACE))).toBe(false);
    expect(sealer.isCurrent('x')).toBe(false);
    expect(sealer.isCurrent(`https://example.com/${sealer.seal('x', PLACE)}`)).toBe(false);
    expect(readable.isCurrent('x')).toBe(true);
    expect(readable.isCurrent(sealer.seal('x', PLACE))).toBe(false);
  });

  it.each([
    ['of another webhook', { ...PLACE, webhookId: 'w-2' }],
    ['of another field', { ...PLACE, field: 'headers' }],
    ['of another connection', { ...PLACE, connectionId: 'c 2' }],
    ['of another supplier', { ...PLACE, supplierId: 't' }],
    [
      'of a connection and a supplier whose ids look the same together',
      { ...PLACE, connectionId: 'c', supplierId: '1 s' },
    ],
  ])('refuses a text %s', (_, place) => {
    const error = failure(sealer, sealer.seal('s3cret', place));
    expect(error).toBeInstanceOf(UnreadableWebhookError);
    expect(error).toMatchObject({ webhookId: 'w-1', field: 'url', keyId: 'new' });
  });

  it('names the webhook, the field, the key and the reason in its error, and never the text', () => {
    expect(failure(new TextSealer(new AesGcmCipher(NEW), ANY), oldSealer.seal('s3cret', PLACE))).toMatchObject({
      message:
        'Webhook w-1: the stored url cannot be read (encrypted with key "old"): the option encryption.keys has no key with this id.',
    });
    expect(failure(readable, sealer.seal('s3cret', PLACE))).toMatchObject({
      keyId: 'new',
      reason: 'the option encryption.keys is not set',
    });
  });

  it.each([
    'enc:',
    'enc:v1:',
    'enc:v1:new:',
    'enc:v1:new:***',
    'enc:v1:new:AAAA.',
    'enc:v1:new:AAAA=A',
    'enc:v2:new:AAAA',
    'enc:v1::AAAA',
  ])('refuses the malformed %s', (stored) => {
    expect(failure(sealer, stored)).toMatchObject({ keyId: null, reason: 'the stored text is malformed' });
  });

  it('accepts a cipher of the host, with any key id and any error', () => {
    class Rot13 extends WebhookCipher {
      readonly keyId = 'arn:aws:kms:eu-west-1:1:key/2';
      encrypt = (text: string): Buffer => Buffer.from(rot13(text));
      decrypt = (keyId: string, encrypted: Buffer): string => {
        if (keyId !== this.keyId) throw new Error('revoked');
        return rot13(encrypted.toString());
      };
    }
    const own = new TextSealer(new Rot13(), ANY);
    const stored = own.seal('secret', PLACE);
    expect(stored).toBe(`enc:v1:arn:aws:kms:eu-west-1:1:key/2:${Buffer.from('frperg').toString('base64')}`);
    expect(own.unseal(stored, PLACE)).toBe('secret');
    expect(own.isCurrent(stored)).toBe(true);
    expect(failure(own, stored.replace('key/2', 'key/1'))).toMatchObject({ reason: 'revoked' });
  });
});

describe('TextSealer at start', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('warns once that secrets are stored readable, and names the option to set', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    readable.onModuleInit();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/URLs, headers and signing secrets.*stored readable.*option encryption\.keys/)],
    ]);
  });

  it('says nothing when there is a key', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    sealer.onModuleInit();
    expect(warn).not.toHaveBeenCalled();
  });
});

function rot13(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97));
}
