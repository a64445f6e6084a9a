import { ConfigurableModuleBuilder, type ModuleMetadata, type Type } from '@nestjs/common';
import type { WebhooksHost } from './host/webhooks-host.js';
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
