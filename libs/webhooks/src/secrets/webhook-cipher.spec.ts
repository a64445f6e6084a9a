import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AesGcmCipher } from './webhook-cipher.js';

const OLD = { id: 'old', key: Buffer.alloc(32, 1) };
const NEW = { id: 'new', key: Buffer.alloc(32, 2) };

describe('AesGcmCipher', () => {
  it('decrypts what it has encrypted', () => {
    const cipher = new AesGcmCipher(NEW);
    for (const text of ['', 'x', 'Straße 😀', 'y'.repeat(100_000)]) {
      expect(cipher.decrypt('new', cipher.encrypt(text, 'here'), 'here')).toBe(text);
    }
  });

  it('writes 12 bytes of IV, 16 of tag and the ciphertext of AES-256-GCM, with the context as additional data', () => {
    const encrypted = new AesGcmCipher(NEW).encrypt('secret', 'here');
    const decipher = createDecipheriv('aes-256-gcm', NEW.key, encrypted.subarray(0, 12));
    decipher.setAuthTag(encrypted.subarray(12, 28)).setAAD(Buffer.from('here'));
    expect(decipher.update(encrypted.subarray(28)).toString() + decipher.final().toString()).toBe('secret');
  });

  it('never encrypts twice to the same bytes', () => {
    const cipher = new AesGcmCipher(NEW);
    const ivs = Array.from({ length: 100 }, () => cipher.encrypt('secret', 'here').subarray(0, 12).toString('hex'));
    expect(new Set(ivs).size).toBe(100);
  });

  it('encrypts with the first key and decrypts with each', () => {
    const encrypted = new AesGcmCipher(OLD).encrypt('secret', 'here');
    const cipher = new AesGcmCipher(NEW, OLD);
    expect(cipher.keyId).toBe('new');
    expect(cipher.decrypt('old', encrypted, 'here')).toBe('secret');
    expect(new AesGcmCipher(NEW).decrypt('new', cipher.encrypt('other', 'here'), 'here')).toBe('other');
  });

  it('refuses a key that it does not know', () => {
    const encrypted = new AesGcmCipher(OLD).encrypt('secret', 'here');
    expect(() => new AesGcmCipher(NEW).decrypt('old', encrypted, 'here')).toThrow('has no key with this id');
  });

  it('refuses a text in which any byte was changed', () => {
    const cipher = new AesGcmCipher(NEW);
    const encrypted = cipher.encrypt('secret', 'here');
    for (const index of encrypted.keys()) {
      const changed = Buffer.from(encrypted);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => cipher.decrypt('new', changed, 'here')).toThrow('was changed');
    }
  });

  it('refuses a text of another context or another key, and a truncated one', () => {
    const encrypted = new AesGcmCipher(NEW).encrypt('secret', 'here');
    expect(() => new AesGcmCipher(NEW).decrypt('new', encrypted, 'there')).toThrow(
      'of another webhook, connection, supplier or field',
    );
    expect(() => new AesGcmCipher({ ...OLD, id: 'new' }).decrypt('new', encrypted, 'here')).toThrow('another one');
    expect(() => new AesGcmCipher(NEW).decrypt('new', encrypted.subarray(0, 27), 'here')).toThrow('cut off');
    expect(() => new AesGcmCipher(NEW).decrypt('new', encrypted.subarray(0, -1), 'here')).toThrow('was changed');
  });
});
