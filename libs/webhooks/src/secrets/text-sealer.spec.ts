import { describe, expect, it } from '@jest/globals';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { AesGcmCipher } from './aes-gcm-cipher.js';
import { TextSealer } from './text-sealer.js';
import { WebhookCipher } from './webhook-cipher.js';

const PLACE = { webhookId: 'w-1', field: 'url' };
const OLD = { id: 'old', key: Buffer.alloc(32, 1) };
const NEW = { id: 'new', key: Buffer.alloc(32, 2) };
const box = new TextSealer(new AesGcmCipher(NEW, OLD));
const oldBox = new TextSealer(new AesGcmCipher(OLD));
const readable = new TextSealer(null);

/** What opening a stored text fails with. */
function failure(opened: TextSealer, stored: string, place = PLACE): unknown {
  try {
    return opened.open(stored, place);
  } catch (error) {
    return error;
  }
}

describe('TextSealer', () => {
  it('stores enc:v1:<key id>:<base64>, and opens it again', () => {
    const stored = box.seal('https://user:pass@example.com', PLACE);
    expect(stored).toMatch(/^enc:v1:new:[A-Za-z0-9+/]+=*$/);
    expect(box.open(stored, PLACE)).toBe('https://user:pass@example.com');
  });

  it('stores the text as it is without a cipher, and reads such text with one', () => {
    expect(readable.seal('https://example.com', PLACE)).toBe('https://example.com');
    expect(box.open('https://example.com', PLACE)).toBe('https://example.com');
  });

  it('knows what is not as it would be written now', () => {
    expect(box.isCurrent(box.seal('x', PLACE))).toBe(true);
    expect(box.isCurrent(oldBox.seal('x', PLACE))).toBe(false);
    expect(box.isCurrent('x')).toBe(false);
    expect(readable.isCurrent('x')).toBe(true);
    expect(readable.isCurrent(box.seal('x', PLACE))).toBe(false);
  });

  it.each([
    ['of another webhook', { ...PLACE, webhookId: 'w-2' }],
    ['of another field', { ...PLACE, field: 'headers' }],
  ])('refuses a text %s', (_, place) => {
    const error = failure(box, box.seal('s3cret', place));
    expect(error).toBeInstanceOf(UnreadableWebhookError);
    expect(error).toMatchObject({ webhookId: 'w-1', field: 'url', keyId: 'new' });
  });

  it('says which webhook, field and key it is about and why, and never the text', () => {
    expect(failure(new TextSealer(new AesGcmCipher(NEW)), oldBox.seal('s3cret', PLACE))).toMatchObject({
      message:
        'Webhook w-1: the stored url cannot be read (encrypted with key "old"): the option encryption.keys has no key with this id.',
    });
    expect(failure(readable, box.seal('s3cret', PLACE))).toMatchObject({
      keyId: 'new',
      reason: 'the option encryption.keys is not set',
    });
  });

  it.each(['enc:', 'enc:v1:', 'enc:v1:new:', 'enc:v1:new:***', 'enc:v2:new:AAAA', 'enc:v1::AAAA'])(
    'refuses the malformed %s',
    (stored) => {
      expect(failure(box, stored)).toMatchObject({ keyId: null, reason: 'the stored text is malformed' });
    },
  );

  it('takes a cipher of the host’s, with any key id and any error', () => {
    class Rot13 extends WebhookCipher {
      readonly keyId = 'arn:aws:kms:eu-west-1:1:key/2';
      encrypt = (text: string): Buffer => Buffer.from(rot13(text));
      decrypt = (keyId: string, encrypted: Buffer): string => {
        if (keyId !== this.keyId) throw new Error('revoked');
        return rot13(encrypted.toString());
      };
    }
    const own = new TextSealer(new Rot13());
    const stored = own.seal('secret', PLACE);
    expect(stored).toBe(`enc:v1:arn:aws:kms:eu-west-1:1:key/2:${Buffer.from('frperg').toString('base64')}`);
    expect(own.open(stored, PLACE)).toBe('secret');
    expect(own.isCurrent(stored)).toBe(true);
    expect(failure(own, stored.replace('key/2', 'key/1'))).toMatchObject({ reason: 'revoked' });
  });
});

function rot13(text: string): string {
  return text.replaceAll(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97));
}
