import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../database/error-text.js';
import { bytesOrNull } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { LeasedDelivery } from '../deliveries/claim.js';
import { WebhookPayload } from '../deliveries/webhook-payload.entity.js';
import { TriggeredStates } from '../emission/by-partner/triggered-states.js';
import { WebhookEvent } from '../emission/webhook-event.entity.js';
import { SlowViews } from '../host/host-answers.js';
import type { JsonObject } from '../octo/json.js';
import { WebhooksError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import type { Subscriber } from './audience.js';
import { EarlierStates, EventQueue } from './event-queue.js';
import { comparedWith, PayloadBuilder, type EarlierObject } from './payload-builder.js';

/** How many earlier states are tried, when the one before the change cannot be serialized. */
const MOST_EARLIER_STATES = 10;

/** A delivery whose payload is yet to be built. */
export type UnbuiltDelivery = Pick<LeasedDelivery, 'id' | 'payloadId' | 'attempts'> & { readonly eventId: string };

/** Builds the payloads that were not built at fan-out, when their deliveries are attempted. */
@Injectable()
export class LatePayloads {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly states: EarlierStates,
    private readonly queue: EventQueue,
    private readonly triggered: TriggeredStates,
    private readonly slow: SlowViews,
    private readonly payloads: PayloadBuilder,
    private readonly database: WebhooksDatabase,
  ) {}

  /**
   * Builds and stores the shared part of a delivery's body, in the present view of its webhook. If a partner has triggered it, it
   * shows the present state of the object.
   *
   * @returns null when the change is not visible to the webhook, or the triggered object no longer is
   * @throws LatePayloadError when it cannot be built yet; any other error is an outage of the database
   */
  async build(delivery: UnbuiltDelivery, webhook: Subscriber): Promise<Buffer | null> {
    try {
      const event = await this.event(delivery);
      const told = await this.told(event, webhook);
      if (told === null) return this.noLongerFound(delivery);
      const built = await this.payloads.buildOne(told, await this.earlier(event, delivery), webhook);
      if (built === null) return null;
      const { view, body } = built;
      const isFirst = await this.database.transaction(async (manager) => {
        // The lease may have been lost. What another process has stored by then has been sent, and stays.
        const stored = await this.database.change(
          manager,
          `UPDATE ${this.table} SET body = ?, capabilities = ?, language = ? WHERE id = ? AND body IS NULL`,
          [body, JSON.stringify(view.capabilities), view.language, delivery.payloadId],
        );
        // A partner may name the event as a record state, so it keeps the state that was sent.
        if (stored === 1 && told !== event) await this.queue.restate(manager, told);
        return stored === 1;
      });
      return isFirst ? Buffer.from(body) : await this.stored(delivery);
    } catch (error) {
      if (await this.database.isReachable()) throw new LatePayloadError(messageOf(error));
      throw error;
    }
  }

  /** The event in the state that is sent, or null when the host no longer finds its object. */
  private async told(event: WebhookEvent, { id }: Subscriber): Promise<WebhookEvent | null> {
    const { triggerQuery, supplierId } = event;
    if (triggerQuery === null) return event;
    const asked = { supplierId, view: null, isTriggered: true };
    const after = await this.slow.inTime(asked, () => this.triggered.present(event, triggerQuery, id));
    return after === null ? null : { ...event, after };
  }

  private noLongerFound({ id }: UnbuiltDelivery): null {
    this.logger.warn(
      `Delivery ${id} is cancelled: the webhook's connections no longer have the object that was triggered.`,
    );
    return null;
  }

  private async event({ eventId }: UnbuiltDelivery): Promise<WebhookEvent> {
    return this.database.reading((manager) => manager.findOneByOrFail(WebhookEvent, { id: eventId }));
  }

  /**
   * The state before the change. If that fails again, it was probably never sent in this view: the diff is then to the last
   * state that could be. If there is none, the diff is empty, as for a new object.
   */
  private async earlier(event: WebhookEvent, { id, attempts }: UnbuiltDelivery): Promise<EarlierObject> {
    const before = await this.states.before(event, undefined);
    if (attempts === 0 || before === null) return comparedWith(before);
    return async (serialize) => {
      for await (const state of this.statesFrom(event, before)) {
        try {
          return await serialize(state);
        } catch (error) {
          this.logger.warn(
            `Delivery ${id} has a diff to an earlier state, because the state before fails: ${messageOf(error)}`,
          );
        }
      }
      return null;
    };
  }

  private async *statesFrom(event: WebhookEvent, before: JsonObject): AsyncGenerator<JsonObject> {
    yield before;
    let told = await this.states.toldBefore(event);
    for (let count = 1; told !== null && count < MOST_EARLIER_STATES; count += 1) {
      yield told.after;
      told = await this.states.toldBefore(told);
    }
  }

  private async stored({ payloadId }: UnbuiltDelivery): Promise<Buffer | null> {
    const [body] = await this.database.select(
      this.database.manager,
      `SELECT ${this.database.asBytes('body')} AS body FROM ${this.table} WHERE id = ?`,
      [payloadId],
      (row) => bytesOrNull(row, 'body'),
    );
    if (body === undefined) throw new Error(`The payload ${payloadId} is missing.`);
    return body;
  }

  private get table(): string {
    return this.database.table(WebhookPayload);
  }
}

/** A payload cannot be built yet. The attempt of its delivery fails with this text. */
export class LatePayloadError extends WebhooksError {}
