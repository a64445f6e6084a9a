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
  ) {
    super(`WebhooksModule: option ${option} is ${JSON.stringify(value)}, but must be ${allowed}.`);
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

/** A body would be larger than the host allows. The event is parked as failed with this text. */
export class PayloadTooLargeError extends WebhooksError {
  /**
   * @param bytes size of the serialized body, in bytes
   * @param limit the option `maxBodyBytes`
   */
  constructor(
    readonly bytes: number,
    readonly limit: number,
    readonly capabilities: readonly string[],
  ) {
    super(
      `The serialized object with capabilities [${capabilities.join(', ')}] makes a body of ${bytes} bytes; ` +
        `maxBodyBytes allows ${limit}.`,
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
