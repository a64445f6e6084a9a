import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import { parseEncryptionKeys } from './encryption-keys.js';

it('the error shows nothing of a key that was given as the id', () => {
  // It contains a character that is not allowed in an id.
  const key = `${randomBytes(30).toString('base64')}+/8=`;
  const parsing = () => parseEncryptionKeys([{ id: key, key: 'k1' }]);
  expect(parsing).toThrow(InvalidWebhooksOptionError);
  expect(parsing).toThrow('option encryption.keys[0].id is "a text of 44 characters", but must be a text of 1 to 64');
  expect(parsing).not.toThrow(key.slice(0, 8));
});
