import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { OctoError } from '../octo/octo-error.js';
import { octoStatus } from '../octo/octo-error.js';
import { refusedRequest } from './refused-request.js';
import { ROUTE_SETTINGS, type RouteSettings } from './route-settings.js';

interface Request {
  readonly method: string;
  readonly originalUrl: string;
}
interface Response {
  status(code: number): { json(body: unknown): void };
}
type Next = (error?: unknown) => void;

/**
 * Answers with OCTO's envelope where no controller of the library is reached. This happens for an unknown route under
 * `/webhooks`, and for a body that Express's parser has refused. The handlers run after the host's routes and before
 * Nest's own last handlers, and only under the library's path.
 */
@Injectable()
export class UnroutedRequests implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    private readonly application: ApplicationConfig,
    @Inject(ROUTE_SETTINGS) private readonly settings: RouteSettings,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapters;
    // A worker has no HTTP adapter. Adapters other than Express have no handlers by path.
    if (httpAdapter?.getType?.() !== 'express') return;
    const parts = [this.application.getGlobalPrefix(), this.settings.path, 'webhooks'];
    const path = `/${parts.filter(Boolean).join('/')}`.replaceAll(/\/{2,}/g, '/');
    const express = httpAdapter.getInstance<{ use(path: string, handler: unknown): void }>();
    express.use(path, ({ method, originalUrl }: Request, response: Response) =>
      this.answer(response, new OctoError('BAD_REQUEST', `There is no ${method} ${originalUrl.split('?')[0]}.`)),
    );
    // Express recognizes an error handler by its four parameters.
    express.use(path, (error: unknown, _: Request, response: Response, next: Next) => {
      const refused = refusedRequest(error);
      if (refused === null) next(error);
      else this.answer(response, refused);
    });
  }

  private answer(response: Response, error: OctoError): void {
    response.status(octoStatus(error.code, this.settings.errorStatuses)).json(error.getResponse());
  }
}
