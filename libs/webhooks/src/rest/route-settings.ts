import type { CanActivate, Type } from '@nestjs/common';
import type { OctoStatusMap } from '../octo/octo-error.js';
import { ConnectionGuard } from './guards.js';

/** Injection token of `RouteSettings`. */
export const ROUTE_SETTINGS = Symbol('OCTO_WEBHOOKS_ROUTE_SETTINGS');

const DEFAULT_PATH = 'octo';

/** The settings of the routes, with every default filled in. */
export interface RouteSettings {
  /** The prefix of `/webhooks`, such as `octo`, without slashes at its ends; empty for none. */
  readonly path: string;
  readonly guard: Type<CanActivate>;
  readonly errorStatuses: OctoStatusMap;
}

/** Fills in the defaults, and removes the slashes at both ends of the path. */
export function routeSettings({
  path = DEFAULT_PATH,
  guard = ConnectionGuard,
  errorStatuses = {},
}: Partial<RouteSettings> = {}): RouteSettings {
  return { path: path.replaceAll(/^\/+|\/+$/g, ''), guard, errorStatuses };
}
