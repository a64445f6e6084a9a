import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { AesGcmCipher } from './aes-gcm-cipher.js';
import { ReadableSecretsNotice } from './readable-secrets.notice.js';

const warned = jest.fn();
beforeEach(() => {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(warned);
});
afterEach(() => {
  jest.restoreAllMocks();
  warned.mockClear();
});

it('says what is stored readable, and which option to set', () => {
  new ReadableSecretsNotice(null).onModuleInit();
  expect(warned).toHaveBeenCalledTimes(1);
  expect(warned).toHaveBeenCalledWith(expect.stringMatching(/URLs, headers and signing secrets.*secrets\.keys/));
});

it('says nothing when there is a key', () => {
  new ReadableSecretsNotice(new AesGcmCipher({ id: 'k1', key: Buffer.alloc(32) })).onModuleInit();
  expect(warned).not.toHaveBeenCalled();
});
