import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { OctoConnection, WebhookView } from 'nestjs-octo-webhooks';

/** The values of the headers of an OCTO request. */
export interface OctoContext {
  /** The calling connection. */
  readonly connection: OctoConnection;
  /** The capabilities and the language of the response, in the type that deliveries are serialized with. */
  readonly view: WebhookView;
  /** Whether bookings made by this request are tests. */
  readonly testMode: boolean;
}

/** The part of a request that the platform reads and adds to. */
export interface OctoRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set by the guard. */
  octoConnection?: OctoConnection;
  /** Set by the interceptor. */
  octoContext?: OctoContext;
}

/** Passes the `OctoContext` of the request to a controller's method. */
export const Octo = createParamDecorator((_data: unknown, execution: ExecutionContext): OctoContext => {
  const { octoContext } = execution.switchToHttp().getRequest<OctoRequest>();
  if (octoContext === undefined) throw new Error('@Octo() needs a controller that is declared with @OctoController().');
  return octoContext;
});
