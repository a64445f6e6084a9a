import type { JsonObject } from '../../octo/json.js';
import type { EmitWebhookOptions, UnknownField } from './emit-webhook.options.js';

type AnyMethod = (...args: never) => unknown;

/** What the compiler shows when a method and the options of its `@EmitWebhook()` do not go together. */
interface Mismatch<Reason extends string> {
  readonly mismatch: Reason;
}

/** What there is no event for. */
type Nothing = null | undefined | void;

/** What events are made of: the resolved result, or its elements. */
type ItemOf<Result> = Result extends readonly (infer Element)[] ? Exclude<Element, Nothing> : Exclude<Result, Nothing>;

type CallbackOf<Options> = Extract<Options[keyof Options], AnyMethod>;

/** `unknown` when a method goes with the options, a `Mismatch` when not. The tuples keep a union from being taken apart. */
type Match<Options extends EmitWebhookOptions, Method> = [UnknownField<Options>] extends [never]
  ? Method extends (...args: infer Args) => infer Returned
    ? Promise<Awaited<Returned>> extends Returned
      ? ItemMatch<Options, Args, ItemOf<Awaited<Returned>>>
      : Mismatch<'The decorated method gives a promise: declare it to return one.'>
    : never
  : Mismatch<`The event has no field "${UnknownField<Options> & string}".`>;

type ItemMatch<Options, Args extends unknown[], Item> = [Item] extends [never]
  ? Mismatch<'The method has no result to make an event of.'>
  : [CallbackOf<Options>] extends [(result: Item, ...args: Args) => unknown]
    ? [Item] extends [Options extends { readonly after: unknown } ? unknown : JsonObject]
      ? unknown
      : Mismatch<'The result is not a JSON object by its type: give "after".'>
    : Mismatch<'A callback takes another result or other arguments than the method has.'>;

/**
 * Decorates a method whose result and arguments are what the callbacks of the options take, and which returns a promise, or
 * maybe one. Not a static method: no instance could have a `WebhookEmitter`.
 */
export type EmittingMethod<Options extends EmitWebhookOptions> = <Method extends AnyMethod>(
  target: object & { readonly prototype?: never },
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> & Match<Options, Method>,
) => void;
