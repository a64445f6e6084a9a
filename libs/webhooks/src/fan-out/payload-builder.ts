import { Inject, Injectable } from '@nestjs/common';
import type { BuiltPayload } from '../deliveries/insert.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { checkedObject } from '../host/host-answers.js';
import { contentLanguage } from '../host/languages.js';
import { WebhooksHost, type ResourceSnapshot, type WebhookView } from '../host/webhooks-host.js';
import { dottedEventType, RESOURCE_KEY_OF_EVENT } from '../octo/event-type.js';
import type { JsonObject } from '../octo/json.js';
import { PayloadTooLargeError } from '../webhooks.errors.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { Subscriber } from './audience.js';
import { diff } from './diff.js';

/** Turns an event into the payloads of its webhooks, with one serialization for each view. */
@Injectable()
export class PayloadBuilder {
  constructor(
    private readonly host: WebhooksHost,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * @param before the state before the change, or null when there is none
   * @returns a payload for each group of webhooks to which the change is visible
   * @throws PayloadTooLargeError, and any error of the host's serializer
   */
  async build(
    event: WebhookEvent,
    before: JsonObject | null,
    webhooks: readonly Subscriber[],
  ): Promise<BuiltPayload[]> {
    if (webhooks.length === 0) return [];
    const supplier = checkedObject('supplier', await this.host.supplier(event.supplierId));
    const payloads: BuiltPayload[] = [];
    for (const [view, members] of await this.groupByView(event, webhooks)) {
      const body = await this.body(event, before, supplier, view);
      if (body !== null) payloads.push({ view, webhooks: members, body });
    }
    return payloads;
  }

  private async groupByView(
    event: WebhookEvent,
    webhooks: readonly Subscriber[],
  ): Promise<Map<WebhookView, Subscriber[]>> {
    const languages = await this.host.languages(event.supplierId);
    const hasGuest = event.type === 'booking_update' || event.type === 'order_update';
    const guestLocales = hasGuest ? this.host.contactLocales(resource(event, event.after)) : [];
    const byDefault = contentLanguage(languages, []);
    const ofGuest = contentLanguage(languages, guestLocales);
    const groups = new Map<string, [WebhookView, Subscriber[]]>();
    for (const webhook of webhooks) {
      const view: WebhookView = {
        capabilities: webhook.capabilities.toSorted(),
        language: webhook.useContactLanguage ? ofGuest : byDefault,
      };
      const key = JSON.stringify(view);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [view, [webhook]]);
      else group[1].push(webhook);
    }
    return new Map(groups.values());
  }

  private async body(
    event: WebhookEvent,
    before: JsonObject | null,
    supplier: JsonObject,
    view: WebhookView,
  ): Promise<string | null> {
    const object = await this.serialize(event, event.after, view);
    const { dottedEventNames } = this.options.octo;
    const shared: Record<string, unknown> = {
      event: dottedEventNames ? dottedEventType(event.type) : event.type,
      supplier,
    };
    const operations = before === null ? [] : diff(await this.serialize(event, before, view), object);
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
