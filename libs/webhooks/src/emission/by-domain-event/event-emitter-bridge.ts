import { Injectable, Logger, Optional, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { EntityManager } from 'typeorm';
import { stackOf } from '../../database/error-text.js';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { MissingEventEmitterModuleError, InvalidWebhookMethodError } from '../../webhooks.errors.js';
import { AmbientTransaction } from '../transactions/ambient-transaction.js';
import { WebhookEmitter } from '../webhook-emitter.js';
import { ListenerOutcome } from './listener-outcome.js';
import { DomainEventMapperExplorer, type MappedDomainEvent } from './domain-event-mapper.explorer.js';
import { LOG_CONTEXT } from '../../webhooks.names.js';

/**
 * Listens to the host's `EventEmitter2` for the methods with `@EmitWebhookOn`, and writes the changes that they return.
 *
 * It listens from `onModuleInit` on, so that no event is lost that the host emits in `onApplicationBootstrap`. An event
 * that is emitted in another `onModuleInit` may be lost. It stops in `onApplicationShutdown`, when the last request has
 * been answered.
 */
@Injectable()
export class EventEmitterBridge implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(LOG_CONTEXT);
  private readonly detachments: (() => void)[] = [];

  constructor(
    private readonly explorer: DomainEventMapperExplorer,
    private readonly webhooks: WebhookEmitter,
    private readonly database: WebhooksDatabase,
    private readonly ambient: AmbientTransaction,
    @Optional() private readonly events?: EventEmitter2,
  ) {}

  /**
   * @throws MissingEventEmitterModuleError when a method is decorated, but the host has no `EventEmitter2`
   * @throws InvalidWebhookMethodError for a method that cannot be called, or that would never be called
   */
  onModuleInit(): void {
    for (const mapping of this.explorer.explore()) {
      if (this.events === undefined) throw new MissingEventEmitterModuleError(mapping.name);
      for (const eventName of mapping.eventNames) this.attach(this.events, eventName, mapping);
    }
  }

  onApplicationShutdown(): void {
    this.detachments.splice(0).forEach((detach) => detach());
  }

  private attach(events: EventEmitter2, eventName: string, mapping: MappedDomainEvent): void {
    if (eventName.includes('*') && Reflect.get(events, 'wildcard') !== true) {
      throw new InvalidWebhookMethodError(
        '@EmitWebhookOn',
        mapping.name,
        `the emitter has no wildcards, so it would never be called for ${eventName}. ` +
          'Set up EventEmitterModule.forRoot({ wildcard: true }), or name each event',
      );
    }
    // Declared as unknown, because the emitter's types do not allow a listener to return a value, although emitAsync
    // uses it.
    const listener = (...args: readonly unknown[]): unknown => {
      const emitted: unknown = Reflect.get(events, 'event');
      return new ListenerOutcome(this.write(mapping, args), (error) =>
        this.report(typeof emitted === 'string' ? emitted : eventName, mapping, error),
      );
    };
    events.on(eventName, listener);
    this.detachments.push(() => events.off(eventName, listener));
  }

  /** Until the method's own first await, this runs inside the host's emit. */
  private async write(mapping: MappedDomainEvent, args: readonly unknown[]): Promise<void> {
    // The manager is found before the method runs. If a slow method outlives the transaction, writing must fail, and
    // must not use another transaction.
    const manager = managerAmong(args) ?? this.ambient.current(this.database.dataSource);
    const mapped = await mapping.map(args);
    if (mapped === null || mapped === undefined) return;
    await this.webhooks.emitAll('event' in mapped ? [mapped] : mapped, manager === null ? {} : { manager });
  }

  private report(emitted: string, mapping: MappedDomainEvent, error: unknown): void {
    this.logger.error(`${mapping.name} failed for ${emitted}, and no webhook event was written: ` + stackOf(error));
  }
}

/** The manager that the host has passed with the event, as `{ manager }`. */
function managerAmong(args: readonly unknown[]): EntityManager | null {
  for (const argument of args) {
    if (typeof argument !== 'object' || argument === null || !('manager' in argument)) continue;
    if (argument.manager instanceof EntityManager) return argument.manager;
  }
  return null;
}
