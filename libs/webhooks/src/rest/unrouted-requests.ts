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
 * Answers with OCTO's envelope where no controller of ours is reached: an unknown route under `/webhooks`, and a body that
 * Express's parser has refused. It stands between the host's routes and Nest's own last handlers, and under our path only.
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
    // Without HTTP (a worker) there is nothing to answer; other adapters than Express have no handlers by path.
    if (httpAdapter?.getType?.() !== 'express') return;
    const parts = [this.application.getGlobalPrefix(), this.settings.path, 'webhooks'];
    const path = `/${parts.filter(Boolean).join('/')}`.replaceAll(/\/{2,}/g, '/');
    const express = httpAdapter.getInstance<{ use(path: string, handler: unknown): void }>();
    express.use(path, ({ method, originalUrl }: Request, response: Response) =>
      this.answer(response, new OctoError('BAD_REQUEST', `There is no ${method} ${originalUrl.split('?')[0]}.`)),
    );
    // Express tells a handler of errors by its four parameters.
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
