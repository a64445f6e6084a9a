import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  BadRequestException,
  ForbiddenException,
  InternalServerErrorException,
  Logger,
  NotFoundException,
  UnauthorizedException,
  UnprocessableEntityException,
  type ArgumentsHost,
} from '@nestjs/common';
import { OctoError } from '../octo/octo-error.js';
import { OctoExceptionFilter } from './octo-exception.filter.js';

const logged = jest.fn();
beforeEach(() => {
  jest.spyOn(Logger.prototype, 'error').mockImplementation(logged);
});
afterEach(() => {
  jest.restoreAllMocks();
  logged.mockClear();
});

/** The filter's answer to an exception. */
function answer(exception: unknown, filter = new OctoExceptionFilter()): { status?: number; body?: unknown } {
  const answered: { status?: number; body?: unknown } = {};
  const response = {
    setHeader(name: string, value: string) {
      expect([name, value]).toEqual(['Cache-Control', 'no-store']);
    },
    status(status: number) {
      answered.status = status;
      return response;
    },
    json(body: unknown) {
      answered.body = body;
    },
  };
  filter.catch(exception, { switchToHttp: () => ({ getResponse: () => response }) } as unknown as ArgumentsHost);
  return answered;
}

describe('OctoExceptionFilter', () => {
  it('answers an OctoError with its envelope { error, errorMessage } and the refused value', () => {
    expect(answer(new OctoError('INVALID_WEBHOOK_ID', 'There is no such webhook.', { webhookId: 'w-1' }))).toEqual({
      status: 400,
      body: { error: 'INVALID_WEBHOOK_ID', errorMessage: 'There is no such webhook.', webhookId: 'w-1' },
    });
    expect(answer(new OctoError('FORBIDDEN', 'The key was revoked.'))).toEqual({
      status: 403,
      body: { error: 'FORBIDDEN', errorMessage: 'The key was revoked.' },
    });
    expect(logged).not.toHaveBeenCalled();
  });

  it('answers with the status that the host sets', () => {
    const filter = new OctoExceptionFilter({ INVALID_WEBHOOK_ID: 404 });
    expect(answer(new OctoError('INVALID_WEBHOOK_ID', 'No.'), filter)).toMatchObject({ status: 404 });
    expect(answer(new OctoError('BAD_REQUEST', 'No.'), filter)).toMatchObject({ status: 400 });
  });

  it.each([new BadRequestException('Unexpected token'), new NotFoundException('Unexpected token')])(
    'answers %s of Nest as BAD_REQUEST with its text and 400: OCTO has no 404',
    (exception) => {
      expect(answer(exception)).toEqual({
        status: 400,
        body: { error: 'BAD_REQUEST', errorMessage: 'Unexpected token' },
      });
      expect(logged).not.toHaveBeenCalled();
    },
  );

  it.each([
    ['401', new UnauthorizedException('Who?'), 'UNAUTHORIZED', 400],
    ['403', new ForbiddenException('Not you.'), 'FORBIDDEN', 403],
    ['422', new UnprocessableEntityException('Not so.'), 'UNPROCESSABLE_ENTITY', 400],
  ])("answers Nest's %s with OCTO's code for it", (_, exception, error, status) => {
    expect(answer(exception)).toEqual({ status, body: { error, errorMessage: exception.message } });
  });

  it('answers a refusal of the body parser as BAD_REQUEST, and says how large a body may be', () => {
    const parserError = Object.assign(new Error('too large'), { status: 413, expose: true, limit: 1024 });
    expect(answer(parserError)).toEqual({
      status: 400,
      body: { error: 'BAD_REQUEST', errorMessage: 'The body is too large: at most 1024 bytes are allowed.' },
    });
    expect(logged).not.toHaveBeenCalled();
  });

  it.each([
    ['an error', new Error('password=hunter2')],
    ['a server error of Nest', new InternalServerErrorException('password=hunter2')],
    ['a thrown text', 'password=hunter2'],
    ['an error of an HTTP client', Object.assign(new Error('password=hunter2'), { status: 404 })],
  ])('answers %s as INTERNAL_SERVER_ERROR without a word of its text, and logs it', (_, exception) => {
    const answered = answer(exception);
    expect(answered).toMatchObject({ status: 500, body: { error: 'INTERNAL_SERVER_ERROR' } });
    expect(JSON.stringify(answered)).not.toContain('hunter2');
    expect(logged).toHaveBeenCalledTimes(1);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('hunter2'));
  });

  it('logs no credentials of a URL that an unexpected error names', () => {
    answer(new Error('no answer from https://user:pass@example.com/hook?token=abc'));
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('from https://***@example.com/hook?token=***'));
    answer('no answer from https://user:pass@example.com');
    expect(logged).toHaveBeenLastCalledWith('no answer from https://***@example.com');
  });

  it('logs the stack of an unexpected error', () => {
    answer(new Error('broken'));
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('octo-exception.filter.spec'));
  });
});
