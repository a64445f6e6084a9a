import {
  ConfigurableModuleBuilder,
  type CanActivate,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import type { WebhooksHost } from './host/webhooks-host.js';
import type { OctoStatusMap } from './octo/octo-status.js';
import type { WebhooksModuleOptions } from './webhooks.options.js';

/** What shapes the module and so must be known before any option can be computed. */
export interface WebhooksModuleExtras {
  /** The host's implementation of the port; its own dependencies come from `imports`. */
  host: Type<WebhooksHost>;
  /** The modules that provide what `host` injects. */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** The prefix of the endpoints: `octo` mounts `/octo/webhooks`. Default: none. */
  path?: string;
  /** Whether the REST endpoints are mounted. Default: true. */
  controllers?: boolean;
  /**
   * A guard of the host's in place of the library's own, which asks `host.connectionOf`. It has to leave the connection on
   * the request, as `octoConnection`. Its dependencies come from `imports`.
   */
  guard?: Type<CanActivate>;
  /** HTTP statuses of error codes. Default: 400, but 403 for FORBIDDEN and 500 for INTERNAL_SERVER_ERROR. */
  errorStatuses?: OctoStatusMap;
  /**
   * Parts of the library that the host replaces, by token: `WebhooksClock`, `AmbientTransaction`, `WebhookRetryPolicy`,
   * `WebhookTransport`, `WebhookAddressPolicy`, `WebhookSecretCipher`. Default: none.
   */
  overrides?: Provider[];
  /** The name of the TypeORM data source that holds the webhook tables. Default: the unnamed one. */
  dataSource?: string;
  /** Whether `WebhookEmitter` can be injected without importing the module again. Default: false. */
  isGlobal?: boolean;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<WebhooksModuleOptions>({
  moduleName: 'OctoWebhooks',
})
  .setClassMethodName('forRoot')
  .build();
