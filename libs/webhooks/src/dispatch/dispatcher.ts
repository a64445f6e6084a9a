import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf, stackOf } from '../database/error-text.js';
import { WebhooksClock } from '../host/clock.js';
import { NO_FREE_SLOTS, type Handover, type FreeSlots, type InsertedDeliveries } from '../deliveries/handover.js';
import { Webhook } from '../subscriptions/webhook.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Sender, type AttemptResult } from '../sending/sender.js';
import { ReceiverHealthRepository } from './receiver-health.repository.js';
import { Receivers, type StartedRequest } from './receivers.js';
import type { ReceiverHealthChange } from './health-changes.js';
import { ReceiverHealth } from './receiver-health.js';
import type { ClaimedDelivery, LeasedDelivery } from '../deliveries/lease.js';
import { DeliveryClaims } from '../deliveries/claim.js';
import { Settler } from './settler.js';

/** How many deliveries may wait for being settled, for each request that may run: a crash would send them again. */
const UNSETTLED = 16;

/** Keeps requests under way: claims, sends, has settled. What goes where first is for `Receivers` to choose. */
@Injectable()
export class Dispatcher implements Handover {
  private readonly logger = new Logger(LOG_CONTEXT);
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
    private readonly receivers: Receivers,
    private readonly health: ReceiverHealthRepository,
    private readonly record: ReceiverHealth,
    private readonly attempt: Sender,
    private readonly settler: Settler,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {
    settler.onReleased((webhookIds) => receivers.markReady(webhookIds));
  }

  /** Calls the listener when a round may have something to do: there are new deliveries, or there is room for others. */
  onRoundWanted(listener: () => void): void {
    this.wantRound = listener;
  }

  /** The requests that are free now; none while sending waits for settling, or when the process is about to stop. */
  freeSlots(): FreeSlots {
    return this.mayStart && !this.stopping ? this.receivers.freeSlots(this.clock.now()) : NO_FREE_SLOTS;
  }

  async dispatch({ leased, webhookIds }: InsertedDeliveries): Promise<void> {
    this.receivers.markReady(webhookIds);
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
    this.giveBack(this.receivers.takeHeld(this.clock.now()));
  }

  /** From now on there are no freeSlots. */
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
    const shares = this.receivers.takeShares(this.clock.now());
    const { deliveries, more } = await this.claims.claim(shares);
    for (const delivery of deliveries) this.accept(delivery);
    for (const webhookId of shares.keys()) this.receivers.of(webhookId).giveUpIdleProbe();
    this.receivers.markReady(more);
    for (const delivery of this.receivers.takeHeld(this.clock.now())) this.toGiveBack.add(delivery);
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
    await this.giveBackAtLast([...this.toGiveBack, ...this.receivers.takeWaiting()]);
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
    this.receivers.prune(this.clock.now());
    for (const { webhookId, openUntil } of ready) {
      const receiver = this.receivers.of(webhookId);
      receiver.found(openUntil);
      if (openUntil !== null && !receiver.circuit.isAhead && !receiver.circuit.isProbing) {
        const until = await this.health.takeProbe(webhookId, openUntil);
        if (until !== null) receiver.beginProbe(until);
      }
      this.receivers.markReady([webhookId]);
    }
  }

  private accept(delivery: ClaimedDelivery): void {
    const { webhook } = delivery;
    if (webhook instanceof Webhook) {
      this.record.loaded(this.receivers.of(webhook.id), webhook);
      this.receivers.enqueue({ ...delivery, webhook });
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
      const request = this.receivers.startNext(now);
      if (request === null) return;
      if (request.delivery.leaseEndsAt - now < this.options.request.timeoutMs) {
        // It would outlive its lease. Once that has run out, it is due again.
        this.receivers.end(request);
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
    const { delivery, receiver } = request;
    this.sending.add(delivery);
    let result: AttemptResult;
    try {
      result = await this.attempt.make(delivery);
    } finally {
      this.receivers.end(request);
    }
    // Whoever was given it back meanwhile sends it again.
    if (!this.sending.delete(delivery)) return;
    const { webhook } = delivery;
    const now = this.clock.now();
    receiver.took(now - request.startedAt);
    const changes = this.record.attempted(receiver, webhook, result.verdict, now);
    this.startAll();
    if (this.receivers.wantsMore) this.wantRoundSoon();
    await this.settler.settle(
      result.settlement,
      changes.map((change): ReceiverHealthChange => ({ receiver, webhook, change })),
    );
  }

  private async settle(delivery: ClaimedDelivery): Promise<void> {
    const { settlement } = await this.attempt.make(delivery);
    await this.settler.settle(settlement, []);
  }
}
