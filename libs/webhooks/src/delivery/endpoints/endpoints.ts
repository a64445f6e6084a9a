import { Inject, Injectable } from '@nestjs/common';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../../webhooks.options.js';
import type { Openings } from '../../fan-out/delivery-intake.js';
import type { SendableDelivery } from '../queue/claimed-delivery.js';
import { Endpoint, type RunningRequest } from './endpoint.js';
import { Store } from './store.js';

/** Of how many webhooks deliveries are claimed at once: each is a part of one statement. */
const MOST_WEBHOOKS = 256;

/** A delivery that goes out now. */
export interface StartedRequest extends RunningRequest {
  readonly endpoint: Endpoint;
  readonly delivery: SendableDelivery;
}

/**
 * The endpoints that this process deals with, and the fair choice between them: of those with something to send, the one
 * with the fewest requests under way goes next. Endpoints that fail or are late share half of all requests, so that however
 * many they are, the other half is left for those that work.
 */
@Injectable()
export class Endpoints {
  private readonly known = new Map<string, Endpoint>();
  /** Those that have something waiting or under way, in the order in which their turn comes. */
  private readonly active = new Set<Endpoint>();
  /** Webhooks that may have due deliveries, in the order in which their turn comes. */
  private readonly ready = new Set<string>();
  private running = 0;
  private readonly store: Store;

  constructor(@Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions) {
    this.store = new Store(options.dispatch.concurrency);
  }

  of(webhookId: string): Endpoint {
    let endpoint = this.known.get(webhookId);
    if (endpoint === undefined) {
      endpoint = new Endpoint(webhookId, this.options);
      this.known.set(webhookId, endpoint);
    }
    return endpoint;
  }

  /** Notes that webhooks may have due deliveries. */
  markReady(webhookIds: Iterable<string>): void {
    for (const id of webhookIds) this.ready.add(id);
  }

  /** Whether there may be something to claim, and room for it. */
  get wantsMore(): boolean {
    return this.ready.size > 0 && this.store.room > 0;
  }

  /**
   * The requests that could begin now, and nothing that waits could: what is offered goes past what waits for others. There is
   * none for a webhook that is known to have deliveries due.
   */
  openings(now: number): Openings {
    const taken = new Map<string, number>();
    let free = this.options.dispatch.concurrency - this.running;
    let freeForSuspects = this.roomForSuspects(now);
    return {
      take: (webhookId) => {
        if (free <= 0 || this.ready.has(webhookId)) return false;
        // An event may go to thousands of webhooks that nothing has to be remembered of yet.
        if (freeForSuspects <= 0 && !this.known.has(webhookId)) return false;
        const endpoint = this.of(webhookId);
        const takenHere = taken.get(webhookId) ?? 0;
        const isSuspect = endpoint.isSuspect(now);
        if (takenHere >= endpoint.free(now) || (isSuspect && freeForSuspects <= 0)) return false;
        taken.set(webhookId, takenHere + 1);
        free -= 1;
        if (isSuspect) freeForSuspects -= 1;
        return true;
      },
    };
  }

  /**
   * How many deliveries to claim for which webhooks, shared out evenly. Each of these webhooks loses its turn and has to be
   * marked as ready again.
   */
  takeShares(now: number): Map<string, number> {
    let left = this.store.room;
    const each = Math.max(1, Math.floor(left / Math.max(1, this.ready.size)));
    const shares = new Map<string, number>();
    for (const id of this.ready) {
      if (left <= 0 || shares.size === MOST_WEBHOOKS) break;
      const share = Math.min(this.of(id).room(now), each, left);
      if (share === 0) continue;
      shares.set(id, share);
      this.ready.delete(id);
      left -= share;
    }
    return shares;
  }

  /** Puts a claimed delivery behind those that wait for the same endpoint. */
  enqueue(delivery: SendableDelivery): void {
    const endpoint = this.of(delivery.webhookId);
    endpoint.waiting.push(delivery);
    this.store.add(delivery);
    this.active.add(endpoint);
  }

  /** Starts the next request, or returns null when nothing may start now. */
  startNext(now: number): StartedRequest | null {
    if (this.running >= this.options.dispatch.concurrency) return null;
    const endpoint = this.choose(now);
    const delivery = endpoint?.waiting.shift();
    if (endpoint === null || delivery === undefined) return null;
    const request = { endpoint, delivery, startedAt: now };
    endpoint.running.add(request);
    this.store.remove(delivery);
    this.running += 1;
    // Those that are equal take turns.
    this.active.delete(endpoint);
    this.active.add(endpoint);
    return request;
  }

  /** Notes that a request is over. */
  end(request: StartedRequest): void {
    const { endpoint } = request;
    if (endpoint.running.delete(request)) this.running -= 1;
    if (endpoint.running.size + endpoint.waiting.length === 0) this.active.delete(endpoint);
  }

  /** Takes back what waits for endpoints to which nothing is to be sent now; they are ready again once that is over. */
  takeHeld(now: number): SendableDelivery[] {
    return this.takeWaiting((endpoint) => endpoint.isHeld(now));
  }

  /** Takes back everything that waits, or what waits for some. */
  takeWaiting(from: (endpoint: Endpoint) => boolean = () => true): SendableDelivery[] {
    const taken: SendableDelivery[] = [];
    for (const endpoint of this.active) {
      if (endpoint.waiting.length === 0 || !from(endpoint)) continue;
      taken.push(...endpoint.waiting.splice(0));
      this.ready.add(endpoint.webhookId);
      if (endpoint.running.size === 0) this.active.delete(endpoint);
    }
    for (const delivery of taken) this.store.remove(delivery);
    return taken;
  }

  /** Forgets endpoints of which nothing has to be remembered, so that they do not become more and more. */
  prune(now: number): void {
    for (const [id, endpoint] of this.known) {
      if (!this.active.has(endpoint) && !this.ready.has(id) && endpoint.isForgettable(now)) this.known.delete(id);
    }
  }

  private choose(now: number): Endpoint | null {
    let suspectsMayStart: boolean | null = null;
    let best: Endpoint | null = null;
    for (const endpoint of this.active) {
      if (!endpoint.mayStart(now)) continue;
      if (endpoint.isSuspect(now)) {
        suspectsMayStart ??= this.roomForSuspects(now) > 0;
        if (!suspectsMayStart) continue;
      }
      if (best === null || endpoint.running.size < best.running.size) best = endpoint;
      if (best.running.size === 0) break;
    }
    return best;
  }

  /** How many more requests may go to endpoints that fail, are late or are new. */
  private roomForSuspects(now: number): number {
    let running = 0;
    for (const endpoint of this.active) if (endpoint.isSuspect(now)) running += endpoint.running.size;
    return Math.max(1, Math.ceil(this.options.dispatch.concurrency / 2)) - running;
  }
}
