import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf, stackOf } from '../error-text.js';
import { WebhooksClock } from '../host/clock.js';
import {
  NO_OPENINGS,
  type DeliveryIntake,
  type LeasedDelivery,
  type Openings,
  type StoredDeliveries,
} from '../fan-out/delivery-intake.js';
import { Webhook } from '../subscriptions/webhook.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Attempt, type AttemptResult } from './attempt.js';
import { EndpointHealth } from './endpoints/endpoint-health.js';
import { Endpoints, type StartedRequest } from './endpoints/endpoints.js';
import type { EndpointChange } from './endpoints/health-changes.js';
import { HealthRecord } from './endpoints/health-record.js';
import type { ClaimedDelivery } from './queue/claimed-delivery.js';
import { DeliveryClaims } from './queue/delivery-claims.js';
import { Settler } from './settler.js';

/** How many deliveries may wait for being settled, for each request that may run: a crash would send them again. */
const UNSETTLED = 16;

/** Keeps requests under way: claims, sends, has settled. What goes where first is for `Endpoints` to choose. */
@Injectable()
export class Dispatcher implements DeliveryIntake {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly sending = new Set<ClaimedDelivery>();
  /** Leased, and not to be sent by this process. */
  private readonly toGiveBack = new Set<LeasedDelivery>();
  /** From the start of each delivery until it is settled. */
  private readonly unsettled = new Map<ClaimedDelivery, Promise<void>>();
  private looksAround = true;
  private stopping = false;
  private draining = false;
  private wantsRound = false;
  private wantRound: () => void = () => undefined;

  constructor(
    private readonly claims: DeliveryClaims,
    private readonly endpoints: Endpoints,
    private readonly health: EndpointHealth,
    private readonly record: HealthRecord,
    private readonly attempt: Attempt,
    private readonly settler: Settler,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {
    settler.onReleased((webhookIds) => endpoints.markReady(webhookIds));
  }

  /** Calls the listener when a round may have something to do: there are new deliveries, or there is room for others. */
  onRoundWanted(listener: () => void): void {
    this.wantRound = listener;
  }

  /** The requests that are free now; none while sending waits for settling, or when the process is about to stop. */
  openings(): Openings {
    return this.mayStart && !this.stopping ? this.endpoints.openings(this.clock.now()) : NO_OPENINGS;
  }

  async dispatch({ leased, webhookIds }: StoredDeliveries): Promise<void> {
    this.endpoints.markReady(webhookIds);
    if (webhookIds.size > 0) this.wantRoundSoon();
    let deliveries: readonly ClaimedDelivery[];
    try {
      deliveries = await this.claims.withWebhooks(leased);
    } catch (error) {
      const reason = messageOf(error);
      this.logger.warn(`${leased.length} deliveries are given back, as their webhooks cannot be looked up: ${reason}`);
      return this.giveBack(leased);
    }
    for (const delivery of deliveries) this.accept(delivery);
    this.startAll();
    this.giveBack(this.endpoints.takeHeld(this.clock.now()));
  }

  /** From now on there are no openings. */
  takeNoMore(): void {
    this.stopping = true;
  }

  /** With the next round. */
  giveBack(leased: readonly LeasedDelivery[]): void {
    if (leased.length === 0) return;
    for (const delivery of leased) this.toGiveBack.add(delivery);
    this.wantRoundSoon();
  }

  /** Makes the next round look for deliveries that other processes have stored, or that have become due. */
  lookAround(): void {
    this.looksAround = true;
  }

  /**
   * Claims as many deliveries as there is room for and starts them, without waiting for their end.
   *
   * @returns whether there may be more to claim at once
   */
  async run(): Promise<boolean> {
    this.startAll();
    if (this.looksAround) await this.findReady();
    const shares = this.endpoints.takeShares(this.clock.now());
    const { deliveries, more } = await this.claims.claim(shares);
    for (const delivery of deliveries) this.accept(delivery);
    for (const webhookId of shares.keys()) this.endpoints.of(webhookId).giveUpIdleProbe();
    this.endpoints.markReady(more);
    for (const delivery of this.endpoints.takeHeld(this.clock.now())) this.toGiveBack.add(delivery);
    await this.giveAllBack();
    this.startAll();
    return more.length > 0;
  }

  /**
   * Starts nothing more, gives back what waits, and lets what is under way end within `dispatch.shutdownGraceMs`. What does
   * not is given back too, to be sent by another process.
   */
  async drain(): Promise<void> {
    this.draining = true;
    await this.giveBackAtLast([...this.toGiveBack, ...this.endpoints.takeWaiting()]);
    const settled = new AbortController();
    const grace = wait(this.options.dispatch.shutdownGraceMs, true, { signal: settled.signal });
    const isOver = await Promise.race([this.allSettled().then(() => false), grace]);
    settled.abort();
    if (!isOver) return;
    const brokenOff = [...this.sending];
    this.sending.clear();
    for (const delivery of brokenOff) this.unsettled.delete(delivery);
    this.settler.abandon();
    await this.giveBackAtLast(brokenOff);
    await this.allSettled();
  }

  private async allSettled(): Promise<void> {
    while (this.unsettled.size > 0) await Promise.all(this.unsettled.values());
  }

  private async giveAllBack(): Promise<void> {
    const leased = [...this.toGiveBack];
    await this.claims.giveBack(leased);
    for (const delivery of leased) this.toGiveBack.delete(delivery);
  }

  private async giveBackAtLast(deliveries: readonly LeasedDelivery[]): Promise<void> {
    try {
      await this.claims.giveBack(deliveries);
    } catch (error) {
      this.logger.warn(
        `${deliveries.length} deliveries wait for their leases to end, as they cannot be given back: ${String(error)}`,
      );
    }
  }

  /** Finds what is due, by whoever it was stored, and takes its turn to probe open circuits. */
  private async findReady(): Promise<void> {
    const ready = await this.health.ready();
    this.looksAround = false;
    this.endpoints.prune(this.clock.now());
    for (const { webhookId, openUntil } of ready) {
      const endpoint = this.endpoints.of(webhookId);
      endpoint.found(openUntil);
      if (openUntil !== null && !endpoint.circuit.isAhead && !endpoint.circuit.isProbing) {
        const until = await this.health.takeProbe(webhookId, openUntil);
        if (until !== null) endpoint.beginProbe(until);
      }
      this.endpoints.markReady([webhookId]);
    }
  }

  private accept(delivery: ClaimedDelivery): void {
    const { webhook } = delivery;
    if (webhook instanceof Webhook) {
      this.record.loaded(this.endpoints.of(webhook.id), webhook);
      this.endpoints.enqueue({ ...delivery, webhook });
    } else {
      // There is nothing to send, so it takes nobody's place.
      this.track(delivery, () => this.settle(delivery));
    }
  }

  private get mayStart(): boolean {
    return this.unsettled.size < UNSETTLED * this.options.dispatch.concurrency;
  }

  private startAll(): void {
    if (this.draining) return;
    const now = this.clock.now();
    while (this.mayStart) {
      const request = this.endpoints.startNext(now);
      if (request === null) return;
      if (request.delivery.leaseEndsAt - now < this.options.request.timeoutMs) {
        // It would outlive its lease. Once that has run out, it is due again.
        this.endpoints.end(request);
      } else {
        this.track(request.delivery, () => this.deliver(request));
      }
    }
  }

  private track(delivery: ClaimedDelivery, work: () => Promise<void>): void {
    this.unsettled.set(delivery, this.finish(delivery, work));
  }

  private async finish(delivery: ClaimedDelivery, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const reason = stackOf(error);
      this.logger.error(`Delivery ${delivery.id} could not be attempted and is left to its lease: ${reason}`);
    } finally {
      this.unsettled.delete(delivery);
      this.sending.delete(delivery);
      this.wantRoundSoon();
    }
  }

  /** Once for all that happens in the same turn of the event loop: a round looks at all webhooks that are ready. */
  private wantRoundSoon(): void {
    if (this.wantsRound) return;
    this.wantsRound = true;
    setImmediate(() => {
      this.wantsRound = false;
      this.wantRound();
    });
  }

  private async deliver(request: StartedRequest): Promise<void> {
    const { delivery, endpoint } = request;
    this.sending.add(delivery);
    let result: AttemptResult;
    try {
      result = await this.attempt.make(delivery);
    } finally {
      this.endpoints.end(request);
    }
    // Whoever was given it back meanwhile sends it again.
    if (!this.sending.delete(delivery)) return;
    const { webhook } = delivery;
    const now = this.clock.now();
    endpoint.took(now - request.startedAt);
    const changes = this.record.attempted(endpoint, webhook, result.verdict, now);
    this.startAll();
    if (this.endpoints.wantsMore) this.wantRoundSoon();
    await this.settler.settle(
      result.settlement,
      changes.map((change): EndpointChange => ({ endpoint, webhook, change })),
    );
  }

  private async settle(delivery: ClaimedDelivery): Promise<void> {
    const { settlement } = await this.attempt.make(delivery);
    await this.settler.settle(settlement, []);
  }
}
