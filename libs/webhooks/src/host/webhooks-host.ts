import type { WebhookEventType } from '../octo/event-type.js';
import { isJsonObject, type JsonObject } from '../octo/json.js';
import type { TriggerMatch, TriggerQuery } from './trigger-query.js';

/**
 * One partner's key for one supplier. A connection owns its webhooks. Its ids come from the host and are opaque to the
 * library.
 */
export interface OctoConnection {
  readonly id: string;
  readonly supplierId: string;
  /** The OCTO capabilities that this connection may use. `octo/webhooks` is always allowed. */
  readonly capabilities: readonly string[];
}

/** A changed object in the host's own form, as `before` or `after` was passed to `WebhookEmitter.emit`. */
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
  /** A BCP 47 tag, or null for the host's default. */
  readonly language: string | null;
}

/**
 * The port to the booking platform that imports the library. The platform extends this class and passes it to
 * `WebhooksModule.forRoot({ host })`.
 *
 * No method is called inside a transaction of the library.
 */
export abstract class WebhooksHost {
  /**
   * Finds the connection of an API key.
   *
   * @param authorization the request's `Authorization` header, as sent
   * @returns the connection, or null when the key is unknown or revoked. The library answers null with FORBIDDEN
   */
  abstract connectionOf(authorization: string): Promise<OctoConnection | null>;

  /**
   * The OCTO `Supplier` object, as `GET /supplier` returns it: at least `id` and `name`.
   *
   * @param supplierId the id that the event was emitted with
   */
  abstract supplier(supplierId: string): Promise<JsonObject>;

  /**
   * Turns a state into the object that the corresponding GET route returns. OCTO demands the same code path for both.
   * It is called for the states before and after a change, once for each combination of capabilities and language.
   *
   * If it throws, or takes longer than an eighth of `dispatch.leaseMs`, the deliveries to the webhooks with this view are
   * attempted again later, by the retry schedule. Their later changes of the same resource wait. Other webhooks and other resources are not delayed. If only the state before a change
   * cannot be serialized, the diff is to the last state before it that can.
   */
  abstract serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject>;

  /**
   * Finds what a trigger request (`POST /webhooks/{webhookId}/trigger`) names. It is called for the request, and again when it is
   * the turn of each delivery, with the connections that the webhook has then. A delivery whose object is no longer found is
   * cancelled.
   *
   * @returns the objects in their present state; for a booking or an order, an empty list when there is none
   * @throws OctoError INVALID_PRODUCT_ID, INVALID_OPTION_ID, INVALID_UNIT_ID or INVALID_AVAILABILITY_ID
   */
  abstract findForTrigger(query: TriggerQuery): Promise<readonly TriggerMatch[]>;

  /**
   * Optional. Which of these connections still stand: those whose key has not been revoked. The changes of others are not
   * delivered, and their webhooks get nothing. Each answer is used for a minute.
   *
   * If it throws or takes longer than an eighth of `dispatch.leaseMs`, the last answer is used, and without one all stand.
   *
   * @returns those of the given ids that still stand
   */
  standingConnections?(connectionIds: readonly string[]): Promise<readonly string[]>;

  /**
   * The languages that the supplier has content in, the default first: tags of BCP 47, of at most 64 characters. Default: none. The serializer then
   * chooses the language, and `useContactLanguage` has no effect.
   */
  languages(_supplierId: string): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  /**
   * The languages that the guest of a booking or an order chose, in order of preference. `de_DE` is taken for `de-DE`, and what is
   * no language tag is passed over. Default: `contact.locales` of the state, as in OCTO.
   */
  contactLocales({ state }: ResourceSnapshot): readonly string[] {
    const { contact } = state;
    const locales = isJsonObject(contact) ? contact['locales'] : null;
    return Array.isArray(locales) ? locales.filter((locale) => typeof locale === 'string') : [];
  }
}

/** The source of time. A host's tests may replace it with the extra `clock`. */
export abstract class WebhooksClock {
  /** Milliseconds since 1970-01-01 UTC. */
  abstract now(): number;
}

/** The machine's clock. */
export class SystemClock extends WebhooksClock {
  now(): number {
    return Date.now();
  }
}
