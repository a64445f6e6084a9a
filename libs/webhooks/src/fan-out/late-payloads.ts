import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../database/error-text.js';
import { bytesOrNull } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { LeasedDelivery } from '../deliveries/claim.js';
import { WebhookPayload } from '../deliveries/webhook-payload.entity.js';
import { WebhookEvent } from '../emission/webhook-event.entity.js';
import type { JsonObject } from '../octo/json.js';
import { WebhooksError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import type { Subscriber } from './audience.js';
import { EarlierStates } from './event-queue.js';
import { comparedWith, PayloadBuilder, type EarlierObject } from './payload-builder.js';

/** How many earlier states are tried, when the one before the change cannot be serialized. */
const MOST_EARLIER_STATES = 10;

/** A delivery whose payload is yet to be built. */
export type UnbuiltDelivery = Pick<LeasedDelivery, 'id' | 'payloadId' | 'attempts'> & { readonly eventId: string };

/** Builds the payloads that could not be built at fan-out, when their deliveries are attempted. */
@Injectable()
export class LatePayloads {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly states: EarlierStates,
    private readonly payloads: PayloadBuilder,
    private readonly database: WebhooksDatabase,
  ) {}

  /**
   * Builds and stores the shared part of a delivery's body, in the present view of its webhook.
   *
   * @returns null when the change is not visible to the webhook
   * @throws LatePayloadError when it cannot be built yet; any other error is an outage of the database
   */
  async build(delivery: UnbuiltDelivery, webhook: Subscriber): Promise<Buffer | null> {
    try {
      const event = await this.event(delivery);
      const built = await this.payloads.buildOne(event, await this.earlier(event, delivery), webhook);
      if (built === null) return null;
      const { view, body } = built;
      // The lease may have been lost. What another process has stored by then has been sent, and stays.
      const stored = await this.database.change(
        this.database.manager,
        `UPDATE ${this.table} SET body = ?, capabilities = ?, language = ? WHERE id = ? AND body IS NULL`,
        [body, JSON.stringify(view.capabilities), view.language, delivery.payloadId],
      );
      return stored === 1 ? Buffer.from(body) : await this.stored(delivery);
    } catch (error) {
      if (await this.database.isReachable()) throw new LatePayloadError(messageOf(error));
      throw error;
    }
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
