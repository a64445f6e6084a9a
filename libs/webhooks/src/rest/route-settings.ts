import type { CanActivate, Type } from '@nestjs/common';
import { isJsonObject } from '../octo/json.js';
import { OCTO_ERROR_CODES, type OctoStatusMap } from '../octo/octo-error.js';
import { isInteger, refuseUnknownNames } from '../option-table.js';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
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
  readonly decorators: readonly ClassDecorator[];
}

/** The checks of the settings: whether a value is allowed, and what is allowed, in words. */
const CHECKS: Readonly<Record<keyof RouteSettings, readonly [(value: unknown) => boolean, string]>> = {
  path: [(value) => typeof value === 'string' && !/[\s?#\\]/.test(value), 'a path, such as "octo", or "" for none'],
  guard: [(value) => typeof value === 'function', 'the class of a guard'],
  errorStatuses: [isStatusMap, `an object of HTTP statuses from 400 to 599 by ${OCTO_ERROR_CODES.join(', ')}`],
  decorators: [
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'function'),
    'a list of class decorators, such as [Public()]',
  ],
};

/**
 * Fills in the defaults, and removes needless slashes from the path.
 *
 * @throws InvalidWebhooksOptionError for a name that is unknown, and for a value that cannot work
 */
export function routeSettings(given: Partial<RouteSettings> = {}): RouteSettings {
  const options: unknown = given;
  if (!isJsonObject(options)) {
    throw new InvalidWebhooksOptionError('routes', given, 'an object of options, or false for no routes');
  }
  refuseUnknownNames('routes.', Object.keys(CHECKS), given);
  const { path = DEFAULT_PATH, guard = ConnectionGuard, errorStatuses = {}, decorators = [] } = given;
  const settings = { path, guard, errorStatuses, decorators };
  const values: Readonly<Record<string, unknown>> = settings;
  for (const [name, [isAllowed, allowed]] of Object.entries(CHECKS)) {
    if (!isAllowed(values[name])) throw new InvalidWebhooksOptionError(`routes.${name}`, values[name], allowed);
  }
  return { ...settings, path: path.split('/').filter(Boolean).join('/') };
}

function isStatusMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const codes: readonly string[] = OCTO_ERROR_CODES;
  return Object.entries(value).every(([code, status]) => codes.includes(code) && isInteger(status, 400, 599));
}
