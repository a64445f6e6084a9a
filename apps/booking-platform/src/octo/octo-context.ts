import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { OctoConnection, WebhookView } from 'nestjs-octo-webhooks';

/** What the headers of an OCTO request say. */
export interface OctoContext {
  /** Who is calling. */
  readonly connection: OctoConnection;
  /** Capabilities and language in which the answer is written: the same type that a delivery is serialized with. */
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

/** Hands a controller's method the `OctoContext` of its request. */
export const Octo = createParamDecorator((_data: unknown, execution: ExecutionContext): OctoContext => {
  const { octoContext } = execution.switchToHttp().getRequest<OctoRequest>();
  if (octoContext === undefined) throw new Error('@Octo() needs a controller that is declared with @OctoController().');
  return octoContext;
});
