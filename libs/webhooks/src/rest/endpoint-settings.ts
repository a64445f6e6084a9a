import type { CanActivate, Type } from '@nestjs/common';
import type { OctoStatusMap } from '../octo/octo-status.js';

/** Token of the settings of the endpoints. */
export const ENDPOINT_SETTINGS = Symbol('OCTO_WEBHOOKS_ENDPOINT_SETTINGS');

/** How a host wants the endpoints. */
export interface EndpointSettings {
  /** The prefix of `/webhooks`, such as `octo`. */
  readonly path: string;
  readonly guard: Type<CanActivate>;
  readonly errorStatuses: OctoStatusMap;
}
