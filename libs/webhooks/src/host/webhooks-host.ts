import type { WebhookEventType } from '../octo/event-type.js';
import type { JsonObject, JsonValue } from '../octo/json.js';
import type { TriggerMatch, TriggerQuery } from './trigger-query.js';

/** One partner's key for one supplier: the party that owns webhooks. Ids are the host's own, opaque to the library. */
export interface OctoConnection {
  readonly id: string;
  readonly supplierId: string;
  /** The OCTO capabilities that this connection may use. `octo/webhooks` itself needs no mention. */
  readonly capabilities: readonly string[];
}

/** A changed object in the host's own form: what `WebhookEmitter.emit` was given as `before` or `after`. */
export interface ResourceSnapshot {
  readonly event: WebhookEventType;
  readonly supplierId: string;
  /** Booking uuid, order id, product id or availability id. */
  readonly resourceId: string;
  /** Only for `availability_update`. */
  readonly productId?: string;
  /** Only for `availability_update`. */
  readonly optionId?: string;
  readonly state: JsonObject;
}

/** How an object is to be serialized. */
export interface WebhookView {
  readonly capabilities: readonly string[];
  /** BCP 47 tag, or null for the host's default. */
  readonly language: string | null;
}

/**
 * What the library asks of the booking platform that imports it. The platform extends this class and names it in
 * `WebhooksModule.forRoot({ host })`.
 *
 * Every method is called outside of any transaction of the library's.
 */
export abstract class WebhooksHost {
  /**
   * Who is calling.
   *
   * @param authorization the request's `Authorization` header, as sent
   * @returns the connection, or null when the key is unknown or revoked (answered with FORBIDDEN)
   */
  abstract connectionOf(authorization: string): Promise<OctoConnection | null>;

  /**
   * The OCTO `Supplier` object, as `GET /supplier` returns it: at least `id` and `name`.
   *
   * @param supplierId the id that the event was emitted with
   */
  abstract supplier(supplierId: string): Promise<JsonObject>;

  /**
   * Turns a state into the object that the matching GET route returns (OCTO: the same code path). Called for the
   * state before and after a change, once per set of capabilities and language, however many webhooks share it.
   *
   * An error thrown here postpones the event, and parks it as `failed` after several tries; other resources flow on.
   */
  abstract serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject>;

  /**
   * Finds what a trigger request (`POST /webhooks/{webhookId}/trigger`) names.
   *
   * @returns the objects in their present state; for a booking or an order, an empty list when there is none
   * @throws OctoError INVALID_PRODUCT_ID, INVALID_OPTION_ID, INVALID_UNIT_ID or INVALID_AVAILABILITY_ID
   */
  abstract findForTrigger(query: TriggerQuery): Promise<readonly TriggerMatch[]>;

  /**
   * The languages that the supplier has content in, BCP 47, the default first. Default: none, which leaves the language
   * to the serializer and `useContactLanguage` without effect.
   */
  languages(_supplierId: string): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  /**
   * The languages that the guest of a booking or an order chose, BCP 47, in order of preference. Default: those at
   * `contact.locales` of the state, where OCTO has them.
   */
  contactLocales({ state }: ResourceSnapshot): readonly string[] {
    const { contact } = state;
    const locales = isObject(contact) ? contact['locales'] : null;
    return Array.isArray(locales) ? locales.filter((locale) => typeof locale === 'string') : [];
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
