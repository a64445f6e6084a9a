import { Controller, UseInterceptors, UsePipes, applyDecorators } from '@nestjs/common';
import { OctoContextInterceptor } from './octo-context.interceptor.js';
import { octoValidationPipe } from './octo-validation.pipe.js';
import { RequiredCapabilityInterceptor } from './required-capability.interceptor.js';

/**
 * Declares a controller of OCTO routes under `/octo`. Headers are read, and bodies and queries are validated. The
 * controller sets its own guard.
 *
 * @param path the path below `/octo`
 * @param capabilities the OCTO capabilities to which the routes belong
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
