import { Controller, UseInterceptors, UsePipes, applyDecorators } from '@nestjs/common';
import { OctoContextInterceptor } from './octo-context.interceptor.js';
import { octoValidationPipe } from './octo-validation.pipe.js';

/**
 * A controller of OCTO endpoints under `/octo`: its requests' headers are read, its bodies and queries checked. The
 * controller names its guard itself.
 *
 * @param path the path below `/octo`
 */
export function OctoController(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`octo/${path}`),
    UseInterceptors(OctoContextInterceptor),
    UsePipes(octoValidationPipe()),
  );
}
