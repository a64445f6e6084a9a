import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf, stackOf } from '../database/error-text.js';
import { DeliveryClaims, type ClaimedDelivery, type LeasedDelivery } from '../deliveries/claim.js';
import { NO_FREE_SLOTS, type FreeSlots, type Handover, type InsertedDeliveries } from '../deliveries/handover.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { Sender, type SendResult } from '../sending/sender.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { ReceiverHealth } from './receiver-health.js';
import { ReceiverHealthRepository } from './receiver-health.repository.js';
import type { StartedRequest } from './receiver.js';
import { Receivers } from './receivers.js';
import { Settler } from './settler.js';

/** The most unsettled deliveries for each request that may run. A crash would send them again. */
const MOST_PENDING = 16;

type Phase =
  | 'running'
  /** Takes nothing more from fan-out, and still sends the deliveries that it has. */
  | 'stopping'
  /** Sends nothing more. */
  | 'draining';

/** Claims deliveries, sends them and has them settled. `Receivers` chooses the next one to send. */
@Injectable()
export class Dispatcher implements Handover {
  private readonly logger = new Logger(LOG_CONTEXT);
  /** From the start of each delivery until it is settled. */
  private readonly pending = new Map<ClaimedDelivery, Promise<void>>();
  /** Leased, and not to be sent by this process. */
  private readonly toGiveBack = new Set<LeasedDelivery>();
  private phase: Phase = 'running';
  private looksAround = true;
  private roundIsComing = false;
  private onRound: () => void = () => undefined;

  constructor(
    private readonly claims: DeliveryClaims,
    private readonly receivers: Receivers,
    private readonly repository: ReceiverHealthRepository,
    private readonly health: ReceiverHealth,
    private readonly sender: Sender,
    private readonly settler: Settler,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Calls the listener when there may be new deliveries, or room for others. */
  onRoundWanted(listener: () => void): void {
    this.onRound = listener;
  }

  /** The requests that could begin now. None may while settling is behind, or when the process is stopping. */
  freeSlots(): FreeSlots {
    return this.phase === 'running' && this.mayStart ? this.receivers.freeSlots(this.clock.now()) : NO_FREE_SLOTS;
  }

  async dispatch({ leased, webhookIds }: InsertedDeliveries): Promise<void> {
    this.receivers.markReady(webhookIds);
    if (webhookIds.size > 0) this.wantRound();
    let deliveries: readonly ClaimedDelivery[];
    try {
      deliveries = await this.claims.withWebhooks(leased);
    } catch (error) {
      const reason = messageOf(error);
      this.logger.warn(
        `${leased.length} deliveries are given back, because their webhooks could not be loaded: ${reason}`,
      );
      return this.giveBack(leased);
    }
    for (const delivery of deliveries) this.accept(delivery);
    this.startAll();
    this.giveBack(this.receivers.takeHeld(this.clock.now()));
  }

  giveBack(leased: readonly LeasedDelivery[]): void {
    if (leased.length === 0) return;
    for (const delivery of leased) this.toGiveBack.add(delivery);
    this.wantRound();
  }

  /** From now on there are no free slots. */
  takeNoMore(): void {
    if (this.phase === 'running') this.phase = 'stopping';
  }

  /** Makes the next round look for deliveries that other processes have inserted, or that have become due. */
  lookAround(): void {
    this.looksAround = true;
  }

  /**
   * Claims as many deliveries as there is room for, and starts them without waiting for them to end.
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
    await this.flush();
    this.startAll();
    return more.length > 0;
  }

  /**
   * Starts nothing more, gives back the waiting deliveries, and lets requests end within `dispatch.shutdownGraceMs`.
   * The deliveries of requests that do not end are given back too, so that another process sends them.
   */
  async drain(): Promise<void> {
    this.phase = 'draining';
    this.giveBack(this.receivers.takeWaiting());
    await this.flush();
    const settled = new AbortController();
    const grace = wait(this.options.dispatch.shutdownGraceMs, true, { signal: settled.signal });
    const isOver = await Promise.race([this.allSettled().then(() => false), grace]);
    settled.abort();
    if (!isOver) return;
    const brokenOff = this.receivers.breakOff();
    for (const delivery of brokenOff) this.pending.delete(delivery);
    this.settler.abandon();
    this.giveBack(brokenOff);
    await this.flush();
    await this.allSettled();
  }

  private async allSettled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending.values());
  }

  /** Makes `toGiveBack` due for every process. If that fails, the next round tries again, or else their leases end. */
  private async flush(): Promise<void> {
    const leased = [...this.toGiveBack];
    try {
      await this.claims.giveBack(leased);
    } catch (error) {
      if (this.phase !== 'draining') throw error;
      const reason = messageOf(error);
      this.logger.warn(
        `${leased.length} deliveries wait until their leases end, because they cannot be given back: ${reason}`,
      );
      return;
    }
    for (const delivery of leased) this.toGiveBack.delete(delivery);
  }

  /** Finds the webhooks with due deliveries of all processes, and claims the probes of their circuits. */
  private async findReady(): Promise<void> {
    const ready = await this.repository.ready();
    this.looksAround = false;
    this.receivers.prune(this.clock.now());
    for (const { webhookId, openUntil } of ready) {
      const receiver = this.receivers.of(webhookId);
      receiver.found(openUntil);
      if (openUntil !== null && !receiver.circuit.isAhead && !receiver.circuit.isProbing) {
        const until = await this.repository.takeProbe(webhookId, openUntil);
        if (until !== null) receiver.circuit.beginProbe(until);
      }
      this.receivers.markReady([webhookId]);
    }
  }

  private accept(delivery: ClaimedDelivery): void {
    const { webhook } = delivery;
    if (webhook !== null && !(webhook instanceof UnreadableWebhookError)) {
      this.health.loaded(this.receivers.of(webhook.id), webhook);
      this.receivers.enqueue({ ...delivery, webhook });
    } else {
      // Nothing is sent, so it needs no free slot.
      this.track(delivery, this.settleUnsent(delivery));
    }
  }

  private get mayStart(): boolean {
    return this.pending.size < MOST_PENDING * this.options.dispatch.concurrency;
  }

  private startAll(): void {
    if (this.phase === 'draining') return;
    const now = this.clock.now();
    while (this.mayStart) {
      const request = this.receivers.startNext(now);
      if (request === null) return;
      if (request.delivery.leaseEndsAt - now < this.sender.longestAttemptMs(request.delivery)) {
        // The attempt could outlive its lease. When the lease ends, the delivery is due again.
        this.receivers.end(request);
      } else {
        this.track(request.delivery, this.deliver(request));
      }
    }
  }

  private track(delivery: ClaimedDelivery, work: Promise<void>): void {
    this.pending.set(delivery, this.finish(delivery, work));
  }

  private async finish(delivery: ClaimedDelivery, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const reason = stackOf(error);
      this.logger.error(
        `Delivery ${delivery.id} could not be attempted; it is due again when its lease ends: ${reason}`,
      );
    } finally {
      this.pending.delete(delivery);
      this.wantRound();
    }
  }

  /** One round serves all ready webhooks, so one is enough for each turn of the event loop. */
  private wantRound(): void {
    if (this.roundIsComing) return;
    this.roundIsComing = true;
    setImmediate(() => {
      this.roundIsComing = false;
      this.onRound();
    });
  }

  private async deliver(request: StartedRequest): Promise<void> {
    const { delivery, receiver } = request;
    let result: SendResult;
    let isOurs: boolean;
    try {
      result = await this.sender.send(delivery);
    } finally {
      isOurs = this.receivers.end(request);
    }
    // It was aborted and given back, so another process sends it.
    if (!isOurs) return;
    const { webhook } = delivery;
    const now = this.clock.now();
    if (result.verdict.kind !== 'none') receiver.took(now - request.startedAt);
    const changes = this.health.attempted(receiver, webhook, result.verdict, now);
    this.startAll();
    if (this.receivers.wantsMore) this.wantRound();
    await this.settler.settle(result.settlement, changes);
  }

  private async settleUnsent(delivery: ClaimedDelivery): Promise<void> {
    const { settlement } = await this.sender.send(delivery);
    await this.settler.settle(settlement, []);
  }
}
