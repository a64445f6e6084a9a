import { describe, expect, it } from '@jest/globals';
import { TransportError } from './transport/transport-error.js';
import { outcomeOfError, outcomeOfResponse } from './outcome.js';

describe('outcomeOfResponse', () => {
  const answered = (status: number) => ({ status, headers: { 'x-a': 'b' }, body: 'answer' });

  it.each([200, 201, 202, 204, 226, 299])('takes %i as delivered (OCTO: 200 to 299 is success)', (status) => {
    expect(outcomeOfResponse(answered(status))).toEqual({ delivered: true, response: answered(status) });
  });

  it.each([300, 301, 302, 303, 304, 307, 308, 399])('takes %i as a redirect, which has failed', (status) => {
    const outcome = outcomeOfResponse(answered(status));
    expect(outcome).toMatchObject({ delivered: false, error: 'redirect', response: answered(status) });
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
    expect(outcome).toMatchObject({ error: 'redirect', message: expect.stringContaining(words) });
    expect(outcome).not.toMatchObject({ message: expect.stringMatching(/secret|pass|path/) });
  });

  it.each([100, 199, 400, 401, 404, 410, 429, 500, 503, 599, 999])('takes %i as failed', (status) => {
    const outcome = outcomeOfResponse(answered(status));
    expect(outcome).toMatchObject({ delivered: false, error: 'http_status', response: answered(status) });
    expect(outcome).toMatchObject({ message: expect.stringContaining(String(status)) });
  });
});

it('outcomeOfError takes a request without a complete response as failed, for the reason of its error', () => {
  expect(outcomeOfError(new TransportError('dns', 'No such host.'))).toEqual({
    delivered: false,
    response: null,
    error: 'dns',
    message: 'No such host.',
  });
});
