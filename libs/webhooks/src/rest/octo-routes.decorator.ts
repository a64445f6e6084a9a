import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { OctoErrorSchema } from './dto/octo-error.schema.js';
import { CapabilitiesGuard, JsonContentGuard } from './guards.js';
import { OctoExceptionFilter } from './octo-exception.filter.js';
import { OctoHeadersInterceptor } from './octo-headers.interceptor.js';
import type { RouteSettings } from './route-settings.js';
import { markRoutes } from './served-paths.js';

/**
 * Declares a controller of OCTO routes under `/webhooks`, with authentication, capabilities and OCTO's errors. The
 * host's own decorators come after these, so that its guards find the connection; none of them changes the path.
 */
export function OctoRoutes(settings: RouteSettings): ClassDecorator {
  const { path, guard, errorStatuses, decorators } = settings;
  return applyDecorators(
    UseGuards(guard, CapabilitiesGuard, JsonContentGuard),
    UseFilters(new OctoExceptionFilter(errorStatuses)),
    UseInterceptors(OctoHeadersInterceptor),
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
    ...decorators,
    markRoutes(settings),
    // Partners know no version: the host's versions are those of its own routes.
    Controller({ path: `${path}/webhooks`, version: VERSION_NEUTRAL }),
  );
}

/** Describes the parameter of the path that `webhookIdOf` reads. */
export function ApiWebhookId(): MethodDecorator {
  return ApiParam({ name: 'webhookId', type: String });
}
