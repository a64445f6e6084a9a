import { describe, expect, it } from '@jest/globals';
import { OctoError, octoStatus, type OctoErrorCode } from './octo-error.js';

describe('octoStatus', () => {
  it.each<[OctoErrorCode, number]>([
    ['BAD_REQUEST', 400],
    ['UNPROCESSABLE_ENTITY', 400],
    ['UNAUTHORIZED', 400],
    ['FORBIDDEN', 403],
    ['INTERNAL_SERVER_ERROR', 500],
    ['INVALID_PRODUCT_ID', 400],
    ['INVALID_OPTION_ID', 400],
    ['INVALID_UNIT_ID', 400],
    ['INVALID_AVAILABILITY_ID', 400],
    ['INVALID_BOOKING_UUID', 400],
    ['INVALID_ORDER_ID', 400],
    ['INVALID_WEBHOOK_ID', 400],
  ])('of %s is %i: OCTO has no 404', (code, status) => {
    expect(octoStatus(code)).toBe(status);
  });

  it('is the status that the host sets, for the codes that it names', () => {
    const overrides = { UNAUTHORIZED: 401, INVALID_WEBHOOK_ID: 404, FORBIDDEN: 400 };
    expect(octoStatus('UNAUTHORIZED', overrides)).toBe(401);
    expect(octoStatus('INVALID_WEBHOOK_ID', overrides)).toBe(404);
    expect(octoStatus('FORBIDDEN', overrides)).toBe(400);
    expect(octoStatus('INTERNAL_SERVER_ERROR', overrides)).toBe(500);
    expect(octoStatus('BAD_REQUEST', overrides)).toBe(400);
  });
});

it('the body of an OctoError is OCTO’s envelope, with what it offends at', () => {
  expect(new OctoError('INVALID_WEBHOOK_ID', 'There is none.', { webhookId: 'w' }).getResponse()).toEqual({
    error: 'INVALID_WEBHOOK_ID',
    errorMessage: 'There is none.',
    webhookId: 'w',
  });
  expect(new OctoError('BAD_REQUEST', 'No.').getResponse()).toEqual({ error: 'BAD_REQUEST', errorMessage: 'No.' });
});
