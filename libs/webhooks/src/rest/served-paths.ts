import { MetadataScanner } from '@nestjs/core';
import { PREFIX } from '../webhooks.names.js';

/** Metadata of a handler: the settings of the module that it belongs to. Nest copies it to what it gives to Express. */
const ROUTES_OF = `${PREFIX}:routes-of`;

/** What follows the path of the collection in the other routes. */
const BELOW_COLLECTION = /\/:webhookId(\/trigger)?$/;

/** The parts of Express's router that are read here. */
export interface ExpressRouter {
  readonly stack: readonly {
    readonly route?: { readonly path: unknown; readonly stack: readonly { readonly handle: object }[] };
  }[];
}

/** Marks the handlers of a controller, so that `servedPaths` finds their routes. */
export function markRoutes(owner: object): ClassDecorator {
  return ({ prototype }: { readonly prototype: unknown }) => {
    if (typeof prototype !== 'object' || prototype === null) return;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const handler: unknown = Reflect.get(prototype, name);
      if (typeof handler === 'function') Reflect.defineMetadata(ROUTES_OF, owner, handler);
    }
  };
}

/**
 * The paths at which the application serves the collection of webhooks, such as `/octo/webhooks`. Express is asked, because only Nest
 * knows what becomes of a path by a global prefix, its exceptions (which may differ by method), `RouterModule` and
 * versions.
 *
 * @param owner as passed to `markRoutes`
 */
export function servedPaths({ stack }: ExpressRouter, owner: object): readonly string[] {
  const paths = new Set<string>();
  for (const { route } of stack) {
    if (typeof route?.path !== 'string') continue;
    if (!route.stack.some(({ handle }) => Reflect.getMetadata(ROUTES_OF, handle) === owner)) continue;
    paths.add(route.path.replace(BELOW_COLLECTION, ''));
  }
  return [...paths];
}
