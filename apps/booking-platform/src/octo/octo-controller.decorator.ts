import { Controller, UseInterceptors, UsePipes, applyDecorators } from '@nestjs/common';
import { OctoContextInterceptor } from './octo-context.interceptor.js';
import { octoValidationPipe } from './octo-validation.pipe.js';
import { RequiredCapabilityInterceptor } from './required-capability.interceptor.js';

/**
 * A controller of OCTO endpoints under `/octo`: its requests' headers are read, its bodies and queries checked. The
 * controller names its guard itself.
 *
 * @param path the path below `/octo`
 * @param capabilities the OCTO capabilities to which the endpoints belong
 */
export function OctoController(path: string, ...capabilities: string[]): ClassDecorator {
  return applyDecorators(
    Controller(`octo/${path}`),
    UseInterceptors(
      OctoContextInterceptor,
      ...capabilities.map((capability) => new RequiredCapabilityInterceptor(capability)),
    ),
    UsePipes(octoValidationPipe()),
  );
}
