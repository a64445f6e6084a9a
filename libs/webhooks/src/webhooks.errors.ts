/** The base of the errors that the library throws into the host's code. */
export abstract class WebhooksError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** A module option has a value that cannot work. Thrown while the host starts. */
export class InvalidWebhooksOptionError extends WebhooksError {
  /**
   * @param option the option's path, such as `retry.delaysMs`
   * @param value what was given
   * @param allowed what is allowed, in words
   */
  constructor(
    readonly option: string,
    readonly value: unknown,
    readonly allowed: string,
    message = `WebhooksModule: option ${option} is ${JSON.stringify(value)}, but must be ${allowed}.`,
  ) {
    super(message);
  }

  /**
   * @param option the path that is unknown
   * @param nearest the known path that is spelt most like it
   */
  static unknown(option: string, nearest: string): InvalidWebhooksOptionError {
    const message = `WebhooksModule: there is no option ${option}. Did you mean ${nearest}?`;
    return new InvalidWebhooksOptionError(option, undefined, nearest, message);
  }
}

/** The host's data source does not know the library's entities. Thrown while the host starts. */
export class MissingWebhookEntitiesError extends WebhooksError {
  constructor(readonly entity: string) {
    super(
      `WebhooksModule: the data source does not know the entity ${entity}. ` +
        `Add ...webhookEntities('mysql' | 'mariadb' | 'postgres') to its "entities" and ...WEBHOOK_MIGRATIONS to its "migrations".`,
    );
  }
}

/** The host's database is none of those that the library speaks to. Thrown while the host starts. */
export class UnsupportedDatabaseError extends WebhooksError {
  constructor(readonly databaseType: string) {
    super(`WebhooksModule: the data source is of type ${databaseType}; supported are mysql, mariadb and postgres.`);
  }
}

/** A change that was handed to `WebhookEmitter.emit` is incomplete or malformed. Nothing was written. */
export class InvalidWebhookChangeError extends WebhooksError {
  /**
   * @param field the field of the change
   * @param problem what is wrong with it and what is allowed
   */
  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`Webhook event not emitted: ${field} ${problem}.`);
  }
}

/** `WebhookEmitter.emit` was given a manager of another data source than the one that holds the webhook tables. */
export class ForeignEntityManagerError extends WebhooksError {
  constructor() {
    super(
      'Webhook event not emitted: the EntityManager belongs to another DataSource than the webhook tables, ' +
        'so the event could not commit together with the change. Pass the manager of the right DataSource, ' +
        'or name it in WebhooksModule ("dataSource").',
    );
  }
}

/** The host asks for a transaction around each event (`emission.requireTransaction`), and there is none. Nothing was written. */
export class TransactionRequiredError extends WebhooksError {
  constructor() {
    super(
      'Webhook event not emitted: no transaction is open, and emission.requireTransaction is set. ' +
        'Emit inside the transaction that makes the change, and pass its EntityManager as "manager" unless it is found by itself.',
    );
  }
}

/** A method with `@EmitWebhook()` was called on an object that Nest has not given a `WebhookEmitter`. It did not run. */
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
      `${className}.${method}() has @EmitWebhook() and did not run: this instance has no WebhookEmitter. ` +
        'Let Nest make the instance, as a controller or as a provider by its class ("providers" or "useClass", ' +
        'not "new", "useValue" or "useFactory"), and call the method on it, not in its constructor.',
    );
  }
}

/** An entity is declared a webhook resource in a way that cannot work. Thrown while the host starts. */
export class InvalidWebhookResourceError extends WebhooksError {
  /**
   * @param entity the declared entity's class
   * @param problem why, and what to do
   */
  constructor(
    readonly entity: string,
    readonly problem: string,
  ) {
    super(`WebhooksModule: ${entity} is declared a webhook resource, but ${problem}.`);
  }
}

/**
 * A saved entity made an event, and this process does not know its declaration, so it cannot read the state that partners are
 * told. The event is tried again, by any process, and parked as failed in the end with this text.
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

/** A body would be larger than the host allows. The event is parked as failed with this text. */
export class PayloadTooLargeError extends WebhooksError {
  /**
   * @param bytes size of the serialized body, in bytes
   * @param limit the option `request.maxBodyBytes`
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

/** The host has no `ScheduleModule`, on which the poll for work runs. Thrown while the host starts. */
export class MissingScheduleModuleError extends WebhooksError {
  constructor() {
    super(
      'WebhooksModule: @nestjs/schedule is not set up. Import ScheduleModule.forRoot() once in the root module, ' +
        'or set dispatch.enabled to false in a process that does not deliver.',
    );
  }
}

/**
 * What is stored of a webhook cannot be decrypted: its key is missing in `encryption.keys`, or the stored text was changed.
 * A delivery to it fails as an attempt, and is tried again; a request for it fails.
 */
export class UnreadableWebhookError extends WebhooksError {
  /**
   * @param field the column: `url`, `headers` or `secrets`
   * @param keyId the key that encrypted it, or null when the stored text does not tell
   * @param reason why not, without anything of the text
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

/** A method is marked with `@EmitWebhookOn`, but there is no `EventEmitter2` to listen to. Thrown while the host starts. */
export class MissingEventEmitterModuleError extends WebhooksError {
  /** @param method the marked method, as `Class.method` */
  constructor(readonly method: string) {
    super(
      `WebhooksModule: ${method} is marked with @EmitWebhookOn, but @nestjs/event-emitter is not set up. ` +
        'Import EventEmitterModule.forRoot() once in the root module.',
    );
  }
}

/** A method marked with `@EmitWebhookOn` could never be called. Thrown while the host starts. */
export class UnbridgeableMethodError extends WebhooksError {
  /**
   * @param method the marked method, as `Class.method`
   * @param problem why, and what to do
   */
  constructor(
    readonly method: string,
    readonly problem: string,
  ) {
    super(`WebhooksModule: ${method} is marked with @EmitWebhookOn, but ${problem}.`);
  }
}

/** `typeormTransactional()` is used for a data source that the package does not know. Thrown while the host starts. */
export class UntransactionalDataSourceError extends WebhooksError {
  /** @param dataSourceName the name that `typeormTransactional` was given */
  constructor(readonly dataSourceName: string) {
    super(
      `WebhooksModule: typeormTransactional() would find no transaction: the data source with the webhook tables has not been ` +
        `added to typeorm-transactional as "${dataSourceName}", or only with "patch: false". Call addTransactionalDataSource ` +
        'in the "dataSourceFactory" of TypeOrmModule, and pass its name to typeormTransactional unless it is the default.',
    );
  }
}

/** A signing secret is not one that Standard Webhooks allows. */
export class InvalidSigningSecretError extends WebhooksError {
  /** @param problem what is wrong with it, without anything of the secret */
  constructor(readonly problem: string) {
    super(`The signing secret cannot be used: ${problem}.`);
  }
}
