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
import type { WebhooksClock, WebhooksHost } from './host/webhooks-host.js';
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
 * A part that the host provides: a class that Nest instantiates, or a provider without its token. The modules in
 * `imports` must export the dependencies of a class or factory.
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
  /**
   * The prefix of the routes. `octo` mounts `/octo/webhooks`, and an empty string mounts `/webhooks`. Slashes at its ends make no
   * difference. A global prefix of the application and the path of `RouterModule` come before it. Default: `octo`.
   */
  path?: string;
  /**
   * A guard that replaces the library's own. It must set `octoConnection` on the request. The modules in `imports` must
   * export its dependencies. Default: a guard that calls `host.connectionOf`.
   */
  guard?: Type<CanActivate>;
  /** HTTP statuses by error code. Default: 403 for FORBIDDEN, 500 for INTERNAL_SERVER_ERROR, 400 for all others. */
  errorStatuses?: OctoStatusMap;
  /**
   * Class decorators that are put on the library's controllers, by which the host's global guards, interceptors and documentation
   * recognize them: `[Public(), SkipTransform()]`. Guards among them run after the library's own. Default: none.
   */
  decorators?: readonly ClassDecorator[];
}

/** The parts of the module's definition, which must be known before `forRootAsync` can compute options. */
export interface WebhooksModuleExtras {
  /** The host's implementation of the port. */
  host: Implementation<WebhooksHost>;
  /** The modules that export the dependencies of `host` and the other parts. Default: none. */
  imports?: NonNullable<ModuleMetadata['imports']>;
  /** How the REST API is mounted, or false for a process without it. Default: at `/octo/webhooks`. */
  routes?: WebhooksRouteOptions | false;
  /** Entities that emit when they are saved, made by `webhookResource`, besides those with `@WebhookResource()`. Default: none. */
  resources?: readonly WebhookResourceDeclaration[];
  /** The source of time. Default: the machine's clock. */
  clock?: Implementation<WebhooksClock>;
  /** Finds the transaction that surrounds an emit. Default: finds none. */
  transactions?: Implementation<AmbientTransaction>;
  /** Decides when a failed delivery is tried again. Default: by the options in `retry`. */
  retryPolicy?: Implementation<WebhookRetryPolicy>;
  /** Sends the requests. Default: through `@nestjs/axios`, on undici. */
  transport?: Implementation<WebhookTransport>;
  /** Decides where deliveries may go. Default: by the options in `request`. */
  addressPolicy?: Implementation<WebhookAddressPolicy>;
  /**
   * Encrypts the URLs, headers and signing secrets of webhooks. Default: AES-256-GCM with `encryption.keys`. Without
   * keys, nothing is encrypted.
   */
  cipher?: Implementation<WebhookCipher>;
  /** The name of the TypeORM data source that holds the webhook tables. Default: the unnamed one. */
  dataSource?: string;
  /** Whether `WebhookEmitter` can be injected without importing the module again. Default: false. */
  isGlobal?: boolean;
}

/** The names of all extras, so that an unknown name can be refused. The type makes the list complete. */
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
 * The options with every default filled in. Some lists are parsed by the parts that use them. They are also parsed
 * here, because a host may have replaced such a part, and a mistake would not be found.
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

/** The provider of a part: the host's implementation, or else the library's. */
export function providerOf<Part>(
  provide: InjectionToken<Part>,
  given: Implementation<Part> | undefined,
  byDefault: Implementation<Part | null>,
): Provider {
  const implementation = given ?? byDefault;
  return typeof implementation === 'function' ? { provide, useClass: implementation } : { provide, ...implementation };
}
