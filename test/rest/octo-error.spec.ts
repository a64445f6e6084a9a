import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Param, UseFilters, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OCTO_ERROR_CODES, OctoError, OctoExceptionFilter, type OctoErrorCode } from 'nestjs-octo-webhooks';

function refuse(code: OctoErrorCode): never {
  throw new OctoError(code, `Refused with ${code}.`, { uuid: 'b-1' });
}

@Controller('plain')
class PlainController {
  @Get(':code')
  get(@Param('code') code: OctoErrorCode): never {
    return refuse(code);
  }
}

@Controller('filtered')
@UseFilters(new OctoExceptionFilter({ INVALID_BOOKING_UUID: 404 }))
class FilteredController {
  @Get('fault')
  fault(): never {
    throw new Error('the password of the database is hunter2');
  }

  @Get(':code')
  get(@Param('code') code: OctoErrorCode): never {
    return refuse(code);
  }
}

describe("An OctoError of the host's own controller", () => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    const testing = await Test.createTestingModule({ controllers: [PlainController, FilteredController] }).compile();
    app = testing.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  const answerTo = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: await response.json() };
  };

  it.each(OCTO_ERROR_CODES)('%s is answered with the envelope and the default status of its code', async (code) => {
    const status = { FORBIDDEN: 403, INTERNAL_SERVER_ERROR: 500 }[code as string] ?? 400;
    const body = { error: code, errorMessage: `Refused with ${code}.`, uuid: 'b-1' };
    expect(await answerTo(`/plain/${code}`)).toEqual({ status, body });
  });

  it('is answered with the status that the filter of the controller has for its code', async () => {
    const body = { error: 'INVALID_BOOKING_UUID', errorMessage: 'Refused with INVALID_BOOKING_UUID.', uuid: 'b-1' };
    expect(await answerTo('/filtered/INVALID_BOOKING_UUID')).toEqual({ status: 404, body });
    expect(await answerTo('/filtered/INVALID_PRODUCT_ID')).toMatchObject({ status: 400 });
  });

  it('is what the filter makes of an unexpected error, without a word of its text', async () => {
    expect(await answerTo('/filtered/fault')).toEqual({
      status: 500,
      body: {
        error: 'INTERNAL_SERVER_ERROR',
        errorMessage: 'The request could not be processed. The fault has been logged.',
      },
    });
  });
});
