import {
  ConfigurableModuleBuilder,
  type CanActivate,
  type FactoryProvider,
  type InjectionToken,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { checkAddressList } from './destinations/address-list.js';
import type { WebhookAddressPolicy } from './destinations/address-policy.js';
import type { WebhookResourceDeclaration } from './emission/by-entity/webhook-resource.decorator.js';
import type { AmbientTransaction } from './emission/transactions/ambient-transaction.js';
import type { WebhooksClock } from './host/clock.js';
import type { WebhooksHost } from './host/webhooks-host.js';
import type { OctoStatusMap } from './octo/octo-error.js';
import type { WebhookCipher } from './secrets/webhook-cipher.js';
import type { WebhookRetryPolicy } from './sending/retry-schedule.js';
import type { WebhookTransport } from './sending/transport/webhook-transport.js';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';
import { parseEncryptionKeys } from './secrets/encryption-keys.js';
import {
  resolveWebhooksOptions,
  type ResolvedWebhooksOptions,
  type WebhooksModuleOptions,
} from './webhooks.options.js';

/**
 * How the module comes by a part that the host provides: a class that Nest instantiates, or a provider without its token. What
 * a class or a factory injects comes from `imports`.
 */
export type Implementation<Part> =
  | Type<Part>
  | { readonly useExisting: InjectionToken }
  | {
      readonly useFactory: (...dependencies: never[]) => Part | Promise<Part>;
      readonly inject?: NonNullable<FactoryProvider['inject']>;
    }
  | { readonly useValue: Part };

/** How the REST API is mounted. */
export interface WebhooksRouteOptions {
  /** The prefix of the routes: `octo` mounts `/octo/webhooks`; an empty text mounts `/webhooks`. Default: `octo`. */
  path?: string;
  /**
   * A guard of the host's in place of the library's own, which asks `host.connectionOf`. It has to leave the connection on
   * the request, as `octoConnection`. Its dependencies come from `imports`.
   */
  guard?: Type<CanActivate>;
  /** HTTP statuses of error codes. Default: 400, but 403 for FORBIDDEN and 500 for INTERNAL_SERVER_ERROR. */
  errorStatuses?: OctoStatusMap;
}

/** What shapes the module, and so must be known before any option can be computed. */
export interface WebhooksModuleExtras {
  /** The host's implementation of the port. */
  host: Implementation<WebhooksHost>;
  /** The modules that provide what `host` and the other parts inject. Default: none. */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** How the REST API is mounted, or false for a process without it. Default: at `/octo/webhooks`. */
  routes?: WebhooksRouteOptions | false;
  /** Entities that emit when they are saved, made by `webhookResource`, besides those with `@WebhookResource()`. Default: none. */
  resources?: readonly WebhookResourceDeclaration[];
  /** The source of time. Default: the machine's clock. */
  clock?: Implementation<WebhooksClock>;
  /** Finds the transaction that surrounds an emit. Default: finds none. */
  transactions?: Implementation<AmbientTransaction>;
  /** When a failed delivery is tried again. Default: as the options in `retry` say. */
  retryPolicy?: Implementation<WebhookRetryPolicy>;
  /** Sends the requests. Default: through `@nestjs/axios`, on undici. */
  transport?: Implementation<WebhookTransport>;
  /** Where deliveries may go. Default: as the options in `request` say. */
  addressPolicy?: Implementation<WebhookAddressPolicy>;
  /** Encrypts what webhooks keep secret. Default: AES-256-GCM with `encryption.keys`; without keys, nothing is encrypted. */
  cipher?: Implementation<WebhookCipher>;
  /** The name of the TypeORM data source that holds the webhook tables. Default: the unnamed one. */
  dataSource?: string;
  /** Whether `WebhookEmitter` can be injected without importing the module again. Default: false. */
  isGlobal?: boolean;
}

/** Every name, so that those that are unknown can be refused. */
const NO_EXTRAS: { [Name in keyof WebhooksModuleExtras]-?: WebhooksModuleExtras[Name] | undefined } = {
  host: undefined,
  imports: undefined,
  routes: undefined,
  resources: undefined,
  clock: undefined,
  transactions: undefined,
  retryPolicy: undefined,
  transport: undefined,
  addressPolicy: undefined,
  cipher: undefined,
  dataSource: undefined,
  isGlobal: undefined,
};

/** The names of all extras. */
export const EXTRA_NAMES: readonly string[] = Object.keys(NO_EXTRAS);

/** The names that `forRootAsync` takes besides the extras. */
export const ASYNC_NAMES = ['useFactory', 'inject', 'useClass', 'useExisting', 'provideInjectionTokensFrom'];

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<WebhooksModuleOptions>({ moduleName: 'OctoWebhooks' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createWebhooksOptions')
    .setExtras(NO_EXTRAS)
    .build();

/**
 * The options with every default filled in. Lists that only their users can parse are parsed once here, too: a host may have
 * replaced the part that would find a mistake.
 *
 * @throws InvalidWebhooksOptionError
 */
export function checkedOptions(given: WebhooksModuleOptions): ResolvedWebhooksOptions {
  const options = resolveWebhooksOptions(given);
  checkAddressList('request.allowAddresses', options.request.allowAddresses);
  checkAddressList('request.denyAddresses', options.request.denyAddresses);
  parseEncryptionKeys(options.encryption.keys);
  return options;
}

/** @throws InvalidWebhooksOptionError for an extra that cannot work */
export function checkExtras({ host, resources = [] }: Partial<WebhooksModuleExtras>): void {
  if (host === undefined) {
    throw new InvalidWebhooksOptionError('host', host, 'a class that extends WebhooksHost, or a provider of one');
  }
  const declarations: unknown[] = Array.isArray(resources) ? resources : [null];
  if (declarations.every((one) => typeof one === 'object' && one !== null && 'entity' in one && 'options' in one))
    return;
  throw new InvalidWebhooksOptionError('resources', resources, 'a list of what webhookResource() returns');
}

/** The provider of a part: the host's implementation, or the library's. */
export function providerOf<Part>(
  provide: InjectionToken<Part>,
  given: Implementation<Part> | undefined,
  byDefault: Implementation<Part | null>,
): Provider {
  const implementation = given ?? byDefault;
  return typeof implementation === 'function' ? { provide, useClass: implementation } : { provide, ...implementation };
}
