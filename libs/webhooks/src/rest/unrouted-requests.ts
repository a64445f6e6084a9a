import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OctoError, octoStatus } from '../octo/octo-error.js';
import { forbidStoring, type OctoResponse } from './octo-request.js';
import { refusedRequest } from './refused-request.js';
import { ROUTE_SETTINGS, type RouteSettings } from './route-settings.js';
import { servedPaths, type ExpressRouter } from './served-paths.js';

interface Request {
  readonly method: string;
  readonly originalUrl: string;
}
interface Response extends OctoResponse {
  status(code: number): { json(body: unknown): void };
}
type Next = (error?: unknown) => void;

interface Express {
  readonly router: ExpressRouter;
  use(paths: readonly string[], handler: unknown): void;
}

/**
 * Answers with OCTO's envelope where no controller of the library is reached. This happens for an unknown route under
 * `/webhooks`, and for a body that Express's parser has refused. The handlers run after the host's routes and before
 * Nest's own last handlers, and only under the paths at which the library is served.
 */
@Injectable()
export class UnroutedRequests implements OnModuleInit {
  constructor(
    private readonly adapters: HttpAdapterHost,
    @Inject(ROUTE_SETTINGS) private readonly settings: RouteSettings,
  ) {}

  onModuleInit(): void {
    const { httpAdapter } = this.adapters;
    // A worker has no HTTP adapter. Adapters other than Express have no handlers by path.
    if (httpAdapter?.getType?.() !== 'express') return;
    const express = httpAdapter.getInstance<Express>();
    const paths = servedPaths(express.router, this.settings);
    // A Nest application whose HTTP part never starts has an adapter too, and no routes.
    if (paths.length === 0) return;
    express.use(paths, ({ method, originalUrl }: Request, response: Response) =>
      this.answer(response, new OctoError('BAD_REQUEST', `There is no ${method} ${originalUrl.split('?')[0]}.`)),
    );
    // Express recognizes an error handler by its four parameters.
    express.use(paths, (error: unknown, _: Request, response: Response, next: Next) => {
      forbidStoring(response);
      const refused = refusedRequest(error);
      if (refused === null) next(error);
      else this.answer(response, refused);
    });
  }

  private answer(response: Response, error: OctoError): void {
    forbidStoring(response);
    response.status(octoStatus(error.code, this.settings.errorStatuses)).json(error.getResponse());
  }
}
