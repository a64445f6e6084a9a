import {
  applyDecorators,
  Controller,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ValidationError } from 'class-validator';
import { OctoError } from '../octo/octo-error.js';
import { lostHeaders } from './dto/lost-headers.pipe.js';
import { OctoErrorSchema } from './dto/octo-error.schema.js';
import { OctoExceptionFilter } from './octo-exception.filter.js';
import { CapabilitiesGuard } from './guards.js';
import type { RouteSettings } from './route-settings.js';
import { JsonContentGuard } from './guards.js';
import { OctoHeadersInterceptor } from './octo-headers.interceptor.js';

const validation = new ValidationPipe({
  transform: true,
  // OCTO clients may send fields that this version does not know. `capabilities` is one: it is read from the header.
  whitelist: true,
  exceptionFactory: (errors: ValidationError[]) =>
    new OctoError('BAD_REQUEST', errors.flatMap((error) => messagesOf(error)).join('; ')),
});

/** Each message begins with the name of its field. A nested field gets its path as a prefix, such as `units.0.`. */
function messagesOf({ property, constraints, children }: ValidationError): string[] {
  const nested = (children ?? []).flatMap(messagesOf).map((message) => `${property}.${message}`);
  return [...Object.values(constraints ?? {}), ...nested];
}

/**
 * Declares a controller of OCTO routes under `/webhooks`, with authentication, capabilities, validation and OCTO's
 * errors.
 */
export function OctoRoutes({ path, guard, errorStatuses }: RouteSettings): ClassDecorator {
  return applyDecorators(
    Controller(`${path}/webhooks`),
    UseGuards(guard, CapabilitiesGuard, JsonContentGuard),
    UseFilters(new OctoExceptionFilter(errorStatuses)),
    UseInterceptors(OctoHeadersInterceptor),
    UsePipes(lostHeaders, validation),
    ApiTags('octo/webhooks'),
    ApiBearerAuth(),
    ApiHeader({
      name: 'Octo-Capabilities',
      required: true,
      description: 'Comma-separated capability ids, including octo/webhooks',
      schema: { type: 'string', examples: ['octo/webhooks, octo/pricing'] },
    }),
    ApiResponse({ status: 400, description: 'The request was refused', type: OctoErrorSchema }),
    ApiResponse({ status: 403, description: 'The API key was refused', type: OctoErrorSchema }),
  );
}
