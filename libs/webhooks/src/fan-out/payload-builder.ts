import { Inject, Injectable } from '@nestjs/common';
import { messageOf } from '../database/error-text.js';
import type { BuiltPayload } from '../deliveries/insert.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { checkedObject, contentLanguage, SlowViews } from '../host/host-answers.js';
import { WebhooksHost, type ResourceSnapshot, type WebhookView } from '../host/webhooks-host.js';
import { dottedEventType, RESOURCE_KEY_OF_EVENT } from '../octo/event-type.js';
import type { JsonObject } from '../octo/json.js';
import { PayloadTooLargeError, UnreadableWebhookError } from '../webhooks.errors.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { Subscriber } from './audience.js';
import { diff } from './diff.js';

/**
 * Serializes the state with which the change is compared, in the view of a payload. null when there is none: the diff is then
 * empty, and the payload is sent in any case.
 */
export type EarlierObject = (
  serialize: (state: JsonObject) => Promise<JsonObject>,
) => JsonObject | null | Promise<JsonObject | null>;

/** @param before the state before the change, or null when there is none */
export function comparedWith(before: JsonObject | null): EarlierObject {
  return (serialize) => (before === null ? null : serialize(before));
}

/** Webhooks whose payload could not be built. */
export interface UnbuiltPayload {
  readonly webhooks: readonly Subscriber[];
  readonly reason: string;
}

/** The payloads of an event, by view. */
export interface BuiltPayloads {
  readonly payloads: readonly BuiltPayload[];
  readonly unbuilt: readonly UnbuiltPayload[];
}

/** The answers of the host that all payloads of an event share. */
interface Content {
  readonly supplier: JsonObject;
  readonly languages: readonly string[];
}

/** Turns an event into the payloads of its webhooks, with one serialization for each view. */
@Injectable()
export class PayloadBuilder {
  constructor(
    private readonly host: WebhooksHost,
    private readonly slow: SlowViews,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * @returns a payload for each group of webhooks to which the change is visible, and the groups whose payload could not be
   * built. What fails for one group is that group's alone
   */
  async build(event: WebhookEvent, earlier: EarlierObject, webhooks: readonly Subscriber[]): Promise<BuiltPayloads> {
    const payloads: BuiltPayload[] = [];
    const unbuilt: UnbuiltPayload[] = [];
    if (webhooks.length === 0) return { payloads, unbuilt };
    const fails = (members: readonly Subscriber[], error: unknown): void => {
      unbuilt.push({ webhooks: members, reason: messageOf(error) });
    };
    let content: Content;
    try {
      this.slow.refuse({ supplierId: event.supplierId, view: null });
      content = await this.content(event);
    } catch (error) {
      fails(webhooks, error);
      return { payloads, unbuilt };
    }
    for (const [view, members] of this.groupByView(event, content, webhooks, fails)) {
      try {
        this.slow.refuse({ supplierId: event.supplierId, view });
        const body = await this.body(event, earlier, content, view);
        if (body !== null) payloads.push({ view, webhooks: members, body });
      } catch (error) {
        fails(members, error);
      }
    }
    return { payloads, unbuilt };
  }

  /**
   * The payload of one webhook. The host is asked even if its last answer for the view was too slow.
   *
   * @returns null when the change is not visible to it
   * @throws PayloadTooLargeError, InvalidHostAnswerError, SlowHostError, and any error of the host's port
   */
  async buildOne(
    event: WebhookEvent,
    earlier: EarlierObject,
    webhook: Subscriber,
  ): Promise<Omit<BuiltPayload, 'webhooks'> | null> {
    const content = await this.content(event);
    const view = this.view(event, content, webhook);
    const body = await this.body(event, earlier, content, view);
    return body === null ? null : { view, body };
  }

  private async content({ supplierId, triggerWebhookId }: WebhookEvent): Promise<Content> {
    return this.slow.inTime({ supplierId, view: null, isTriggered: triggerWebhookId !== null }, async () => {
      const supplier = checkedObject('supplier', await this.host.supplier(supplierId));
      return { supplier, languages: await this.host.languages(supplierId) };
    });
  }

  private groupByView(
    event: WebhookEvent,
    content: Content,
    webhooks: readonly Subscriber[],
    fails: (members: readonly Subscriber[], error: unknown) => void,
  ): Iterable<[WebhookView, Subscriber[]]> {
    const groups = new Map<string, [WebhookView, Subscriber[]]>();
    const bySettings = new Map<string, [WebhookView, Subscriber[]]>();
    for (const webhook of webhooks) {
      const settings = JSON.stringify([webhook.useContactLanguage, webhook.capabilities]);
      let group = bySettings.get(settings);
      if (group === undefined) {
        try {
          const view = this.view(event, content, webhook);
          const key = JSON.stringify(view);
          group = groups.get(key) ?? [view, []];
          groups.set(key, group);
          bySettings.set(settings, group);
        } catch (error) {
          fails([webhook], error);
          continue;
        }
      }
      group[1].push(webhook);
    }
    return groups.values();
  }

  private view(event: WebhookEvent, { languages }: Content, webhook: Subscriber): WebhookView {
    if (webhook.capabilities instanceof UnreadableWebhookError) throw webhook.capabilities;
    const hasGuest = event.type === 'booking_update' || event.type === 'order_update';
    const ofGuest = hasGuest && webhook.useContactLanguage;
    const wanted = ofGuest ? this.host.contactLocales(resource(event, event.after)) : [];
    return { capabilities: webhook.capabilities.toSorted(), language: contentLanguage(languages, wanted) };
  }

  private async body(
    event: WebhookEvent,
    earlier: EarlierObject,
    { supplier }: Content,
    view: WebhookView,
  ): Promise<string | null> {
    const asked = { supplierId: event.supplierId, view, isTriggered: event.triggerWebhookId !== null };
    const [object, before] = await this.slow.inTime(asked, async () => {
      const now = await this.serialize(event, event.after, view);
      return [now, await earlier((state) => this.serialize(event, state, view))];
    });
    const { dottedEventNames } = this.options.octo;
    const shared: Record<string, unknown> = {
      event: dottedEventNames ? dottedEventType(event.type) : event.type,
      supplier,
    };
    const operations = before === null ? [] : diff(before, object);
    // Nothing that this group can see has changed. A creation has no earlier state and is always sent, as is a triggered
    // event.
    if (before !== null && operations.length === 0 && event.triggerWebhookId === null) return null;
    if (event.type === 'availability_update') {
      Object.assign(shared, { productId: event.productId, optionId: event.optionId, availability: object });
    } else {
      Object.assign(shared, { [RESOURCE_KEY_OF_EVENT[event.type]]: object, diff: operations });
    }
    const body = JSON.stringify(shared);
    const bytes = Buffer.byteLength(body);
    const { maxBodyBytes } = this.options.request;
    if (bytes > maxBodyBytes) throw new PayloadTooLargeError(bytes, maxBodyBytes, view.capabilities);
    return body;
  }

  private async serialize(event: WebhookEvent, state: JsonObject, view: WebhookView): Promise<JsonObject> {
    return checkedObject('serialize', await this.host.serialize(resource(event, state), view));
  }
}

function resource(event: WebhookEvent, state: JsonObject): ResourceSnapshot {
  return {
    event: event.type,
    supplierId: event.supplierId,
    resourceId: event.resourceId,
    ...(event.productId === null ? {} : { productId: event.productId }),
    ...(event.optionId === null ? {} : { optionId: event.optionId }),
    state,
  };
}
