import { describe, expect, it } from '@jest/globals';
import { TransportError } from './transport/webhook-transport.js';
import { outcomeOfError, outcomeOfResponse, retryAfterMs, verdictOf } from './outcome.js';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

describe('outcomeOfResponse', () => {
  const answered = (status: number) => ({ status, headers: { 'x-a': 'b' }, body: 'answer' });

  it.each([200, 201, 202, 204, 226, 299])('counts %i as delivered (OCTO: 200 to 299 is success)', (status) => {
    expect(outcomeOfResponse(answered(status))).toEqual({ delivered: true, response: answered(status) });
  });

  it.each([300, 301, 302, 303, 304, 307, 308, 399])('counts %i as a redirect, which is a failure', (status) => {
    const outcome = outcomeOfResponse(answered(status));
    expect(outcome).toMatchObject({ delivered: false, failure: 'redirect', response: answered(status) });
    expect(outcome).toMatchObject({ message: expect.stringContaining(String(status)) });
  });

  it.each([
    ['https://user:pass@other.example/path?token=secret', 'a redirect to other.example;'],
    ['//other.example:8443/path', 'a redirect to other.example:8443;'],
    ['http://169.254.169.254/latest/meta-data', 'a redirect to 169.254.169.254;'],
    ['/path?token=secret', 'a redirect within the same host;'],
    ['http://[', 'a redirect;'],
    ['data:text/plain,secret', 'a redirect;'],
  ])('names the host that a redirect leads to, and nothing that may be secret: %s', (location, words) => {
    const outcome = outcomeOfResponse({ status: 302, headers: { location }, body: '' });
    expect(outcome).toMatchObject({ failure: 'redirect', message: expect.stringContaining(words) });
    expect(outcome).not.toMatchObject({ message: expect.stringMatching(/secret|pass|path/) });
  });

  it.each([100, 199, 400, 401, 404, 410, 429, 500, 503, 599, 999])('counts %i as failed', (status) => {
    const outcome = outcomeOfResponse(answered(status));
    expect(outcome).toMatchObject({ delivered: false, failure: 'http_status', response: answered(status) });
    expect(outcome).toMatchObject({ message: expect.stringContaining(String(status)) });
  });
});

it('outcomeOfError counts a request without a complete response as failed, for the reason of its error', () => {
  expect(outcomeOfError(new TransportError('dns', 'No such host.'))).toEqual({
    delivered: false,
    response: null,
    failure: 'dns',
    message: 'No such host.',
  });
});

describe('verdictOf', () => {
  const URL_1 = 'https://partner.example/hook';
  const verdict = (status: number, headers = {}, url = URL_1) =>
    verdictOf(outcomeOfResponse({ status, headers, body: '' }), url, 0);
  const failed = { kind: 'failed', overloaded: false, retryAfterMs: null, gone: false };

  it.each([200, 204, 299])('counts %i as a success of the receiver', (status) => {
    expect(verdict(status)).toEqual({ kind: 'succeeded' });
  });

  it.each([429, 502, 503, 504])('counts %i as overload', (status) => {
    expect(verdict(status)).toEqual({ ...failed, overloaded: true });
  });

  it.each([302, 400, 401, 404, 408, 500, 501])('counts %i as an ordinary failure', (status) => {
    expect(verdict(status)).toEqual(failed);
  });

  it('counts 410 as the end of the receiver, but not over http, where anybody on the way could answer', () => {
    expect(verdict(410)).toEqual({ ...failed, gone: true });
    expect(verdict(410, {}, 'HTTPS://partner.example/hook')).toEqual({ ...failed, gone: true });
    expect(verdict(410, {}, 'http://partner.example/hook')).toEqual(failed);
  });

  it('counts a missing answer as a failure', () => {
    expect(verdictOf(outcomeOfError(new TransportError('timeout', 'Broken off.')), URL_1, 0)).toEqual(failed);
  });

  it('respects Retry-After with any failure', () => {
    expect(verdict(500, { 'retry-after': '7' })).toEqual({ ...failed, retryAfterMs: 7000 });
  });
});

describe('retryAfterMs', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5000],
    ['99999999999', 99_999_999_999_000],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tuesday, 24-Nov-26 12:00:30 GMT', 30_000],
    ['Tue Nov 24 12:00:30 2026', 30_000],
  ])('understands %j', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  it('reads the form of date that names no time zone as UTC, in summer and in winter, wherever the process runs', () => {
    // In UTC a local time would be right by accident. `jest.config.js` sets another zone.
    expect(new Date(NOW).getTimezoneOffset()).not.toBe(0);
    expect(retryAfterMs('Tue Nov 24 12:00:30 2026', NOW)).toBe(30_000);
    expect(retryAfterMs('Wed Jul  1 12:00:30 2026', Date.UTC(2026, 6, 1, 12, 0, 0))).toBe(30_000);
  });

  it.each([
    [undefined],
    [''],
    ['-5'],
    ['1.5'],
    ['1e3'],
    ['5, 10'],
    ['soon'],
    ['2026-11-24T12:00:30Z'],
    ['Tue, 24 Nov 2026 11:59:59 GMT'],
    ['Tue, 24 Nov 2026 12:00:00 GMT'],
    ['on Tue, 24 Nov 2026 12:00:30 GMT'],
    ['Tue Nov 24 12:00:30 2026 PST'],
    ['Tue, 24 Nov 2026 12:00:30 GMT+1'],
    ['2026-11-24 12:00:30 GMT'],
    ['Tue, 99 Nov 2026 12:00:30 GMT'],
    ['Tue, 24 Foo 2026 12:00:30 GMT'],
  ])('ignores %j', (value) => {
    expect(retryAfterMs(value, NOW)).toBeNull();
  });
});
