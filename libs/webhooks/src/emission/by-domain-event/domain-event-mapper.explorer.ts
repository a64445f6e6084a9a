import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { InvalidWebhookMethodError } from '../../webhooks.errors.js';
import { webhookEventNamesOf, type MappedChanges } from './emit-webhook-on.decorator.js';

/** A method with `@EmitWebhookOn`, bound to its instance. */
export interface MappedDomainEvent {
  /** `Class.method`, for messages. */
  readonly name: string;
  /** The names of the host's events to which it listens. */
  readonly eventNames: readonly string[];
  /** Calls it with the arguments of the host's event. */
  map(args: readonly unknown[]): MappedChanges | PromiseLike<MappedChanges>;
}

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (...args: readonly unknown[]) => MappedChanges | PromiseLike<MappedChanges>;

/** Finds the methods with `@EmitWebhookOn` in the whole application, including inherited ones. */
@Injectable()
export class DomainEventMapperExplorer {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws InvalidWebhookMethodError for a decorated method that has no lasting instance */
  explore(): MappedDomainEvent[] {
    // A provider may have several tokens, but is one listener.
    const instances = new Set<object>();
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()].flatMap((wrapper) => {
      const instance: unknown = wrapper.instance;
      if (typeof instance !== 'object' || instance === null || instances.has(instance)) return [];
      instances.add(instance);
      return this.mappingsOf(instance, wrapper);
    });
  }

  private mappingsOf(instance: object, wrapper: InstanceWrapper): MappedDomainEvent[] {
    const prototype = Object.getPrototypeOf(instance) as Record<string, Method> | null;
    return this.scanner.getAllMethodNames(prototype).flatMap((key) => {
      const method = prototype?.[key];
      const eventNames = method === undefined ? [] : webhookEventNamesOf(method);
      if (method === undefined || eventNames.length === 0) return [];
      const name = `${instance.constructor.name}.${key}`;
      const problem = problemOf(wrapper);
      if (problem !== null) throw new InvalidWebhookMethodError('@EmitWebhookOn', name, problem);
      return [{ name, eventNames, map: (args) => method.apply(instance, [...args]) }];
    });
  }
}

/** Why a provider has no lasting instance; null when it has one. */
function problemOf(wrapper: InstanceWrapper): string | null {
  const advice = 'Move the method to a provider of the default scope';
  if (wrapper.isTransient) return `its provider is transient, so there is no one instance to call it on. ${advice}`;
  if (wrapper.isDependencyTreeStatic()) return null;
  return `its provider is request-scoped, or depends on one that is, and exists only inside requests. ${advice}`;
}
