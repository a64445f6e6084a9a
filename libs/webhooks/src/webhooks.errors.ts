import { PREFIX } from './webhooks.names.js';

/**
 * The base of all errors of the library, except `OctoError`, which is an `HttpException`. The `name` is the name of the
 * class. The message begins with `octo-webhooks: `, except where it is stored with an attempt or an event.
 */
export abstract class WebhooksError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A module option or extra is unknown, or has a value that cannot work. Thrown while the host starts. */
export class InvalidWebhooksOptionError extends WebhooksError {
  /**
   * @param option the option's path, such as `retry.delaysMs`
   * @param value the given value
   * @param allowed what is allowed, in words
   */
  constructor(
    readonly option: string,
    readonly value: unknown,
    readonly allowed: string,
    message = `${PREFIX}: option ${option} is ${JSON.stringify(value)}, but must be ${allowed}.`,
  ) {
    super(message);
  }

  /**
   * @param option the path that is unknown
   * @param nearest the known path with the most similar spelling
   */
  static unknown(option: string, nearest: string): InvalidWebhooksOptionError {
    const message = `${PREFIX}: there is no option ${option}. Did you mean ${nearest}?`;
    return new InvalidWebhooksOptionError(option, undefined, nearest, message);
  }

  /** @param part the extra that is request-scoped */
  static requestScoped(part: string): InvalidWebhooksOptionError {
    const message = `${PREFIX}: "${part}" or what it depends on is request-scoped, but it works outside of requests, too.`;
    return new InvalidWebhooksOptionError(part, undefined, 'of the default scope', message);
  }
}

/** A change that was passed to `WebhookEmitter.emit` is incomplete or malformed. Nothing was written. */
export class InvalidWebhookChangeError extends WebhooksError {
  /**
   * @param field the field of the change
   * @param problem what is wrong with it and what is allowed
   */
  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${PREFIX}: event not emitted, because ${field} ${problem}.`);
  }
}

/**
 * The manager that was passed to `WebhookEmitter.emit` does not belong to the data source of the webhook tables.
 * Nothing was written.
 */
export class ForeignEntityManagerError extends WebhooksError {
  constructor() {
    super(
      `${PREFIX}: event not emitted, because the EntityManager does not belong to the DataSource of the webhook tables, ` +
        'so the event could not commit together with the change. Pass the manager of that DataSource, ' +
        'or name it in WebhooksModule ("dataSource").',
    );
  }
}

/** The host requires a transaction around each event (`emission.requireTransaction`), and there is none. Nothing was written. */
export class TransactionRequiredError extends WebhooksError {
  constructor() {
    super(
      `${PREFIX}: event not emitted, because no transaction is open, and emission.requireTransaction is set. ` +
        'Emit inside the transaction that makes the change, and pass its EntityManager as "manager" unless it is found automatically.',
    );
  }
}

/** A method with `@EmitWebhook()` was called on an object to which Nest has not given a `WebhookEmitter`. The method did not run. */
export class MissingWebhookEmitterError extends WebhooksError {
  /**
   * @param className the class that declares the method
   * @param method the method's name
   */
  constructor(
    readonly className: string,
    readonly method: string,
  ) {
    super(
      `${PREFIX}: ${className}.${method}() has @EmitWebhook() and did not run, because this instance has no WebhookEmitter. ` +
        'Let Nest make the instance, as a controller or as a provider by its class ("providers" or "useClass", ' +
        'not "new", "useValue" or "useFactory"), and call the method on it, not in its constructor.',
    );
  }
}

/** An entity is declared a webhook resource in a way that cannot work. Thrown while the host starts. */
export class InvalidWebhookResourceError extends WebhooksError {
  /**
   * @param entity the declared entity's class
   * @param problem why it cannot work, and what to do
   */
  constructor(
    readonly entity: string,
    readonly problem: string,
  ) {
    super(`${PREFIX}: ${entity} is declared a webhook resource, but ${problem}.`);
  }
}

/**
 * A saved entity made an event, but this process does not know the declaration of the entity, so it cannot read its state. The
 * event is retried by any process. After the last retry it fails with this text.
 */
export class UnknownWebhookResourceError extends WebhooksError {
  /** @param entity the name by which TypeORM knows the entity */
  constructor(readonly entity: string) {
    super(
      `The entity ${entity} made this event, but is not declared a webhook resource in this process. Add it to the "entities" of ` +
        'the data source with the webhook tables and declare it, with @WebhookResource() or in "resources" of ' +
        'WebhooksModule, in every process that delivers.',
    );
  }
}

/** A body would be larger than the host allows. The attempts of its deliveries fail with this text. */
export class PayloadTooLargeError extends WebhooksError {
  /**
   * @param bytes the size of the serialized body, in bytes
   * @param limit the option `request.maxBodyBytes`, in bytes
   * @param capabilities the capabilities with which the object was serialized
   */
  constructor(
    readonly bytes: number,
    readonly limit: number,
    readonly capabilities: readonly string[],
  ) {
    super(
      `The serialized object with capabilities [${capabilities.join(', ')}] makes a body of ${bytes} bytes; ` +
        `request.maxBodyBytes allows ${limit}.`,
    );
  }
}

/** The host has no `ScheduleModule`, which runs the poll for work. Thrown while the host starts. */
export class MissingScheduleModuleError extends WebhooksError {
  constructor() {
    super(
      `${PREFIX}: @nestjs/schedule is not set up. Import ScheduleModule.forRoot() once in the root module, ` +
        'or set dispatch.enabled to false in a process that does not deliver.',
    );
  }
}

/**
 * A stored part of a webhook cannot be read: its key is missing in `encryption.keys`, or the stored text was changed. A
 * delivery to the webhook fails as an attempt and is tried again; a request for the webhook fails.
 */
export class UnreadableWebhookError extends WebhooksError {
  /**
   * @param webhookId the id of the webhook
   * @param field the field of the webhook: `url`, `capabilities`, `headers` or `signingSecrets`
   * @param keyId the key that encrypted it, or null when the stored text does not name one
   * @param reason why it cannot be decrypted, without any part of the text
   */
  constructor(
    readonly webhookId: string,
    readonly field: string,
    readonly keyId: string | null,
    readonly reason: string,
  ) {
    super(
      `Webhook ${webhookId}: the stored ${field} cannot be read` +
        `${keyId === null ? '' : ` (encrypted with key ${JSON.stringify(keyId)})`}: ${reason}.`,
    );
  }
}

/** A method is decorated with `@EmitWebhookOn`, but there is no `EventEmitter2` to listen to. Thrown while the host starts. */
export class MissingEventEmitterModuleError extends WebhooksError {
  /** @param method the decorated method, as `Class.method` */
  constructor(readonly method: string) {
    super(
      `${PREFIX}: ${method} is marked with @EmitWebhookOn, but @nestjs/event-emitter is not set up. ` +
        'Import EventEmitterModule.forRoot() once in the root module.',
    );
  }
}

/** A decorator of the library is on a member that cannot work. Thrown while the class is declared, or while the host starts. */
export class InvalidWebhookMethodError extends WebhooksError {
  /**
   * @param decorator the decorator
   * @param method the decorated member, as `Class.method`
   * @param problem why it cannot work, and what to do
   */
  constructor(
    readonly decorator: '@EmitWebhook' | '@EmitWebhookOn',
    readonly method: string,
    readonly problem: string,
  ) {
    super(`${PREFIX}: ${method} is marked with ${decorator}, but ${problem}.`);
  }
}

/** `typeormTransactional()` is used for a data source that the package does not know. Thrown while the host starts. */
export class UntransactionalDataSourceError extends WebhooksError {
  /** @param dataSourceName the name that was passed to `typeormTransactional` */
  constructor(readonly dataSourceName: string) {
    super(
      `${PREFIX}: typeormTransactional() would find no transaction. The data source with the webhook tables has not been ` +
        `added to typeorm-transactional as "${dataSourceName}", or only with "patch: false". Call addTransactionalDataSource ` +
        'in the "dataSourceFactory" of TypeOrmModule, and pass its name to typeormTransactional unless it is the default.',
    );
  }
}

/** A signing secret does not have the form that Standard Webhooks requires. Nothing was changed. */
export class InvalidSigningSecretError extends WebhooksError {
  /** @param problem what is wrong with it, without any part of the secret */
  constructor(readonly problem: string) {
    super(`${PREFIX}: the signing secret cannot be used, because ${problem}.`);
  }
}

/** `WebhooksService.rotateSigningSecret` was called with an `overlapMs` that is not a duration. Nothing was changed. */
export class InvalidOverlapError extends WebhooksError {
  /** @param overlapMs the refused value, in ms */
  constructor(readonly overlapMs: number) {
    super(`${PREFIX}: overlapMs is ${overlapMs}, but must be a whole number of ms, 0 or more.`);
  }
}
