import { Inject, Injectable } from '@nestjs/common';
import type { SendableDelivery } from '../deliveries/claim.js';
import type { FreeSlots } from '../deliveries/handover.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Receiver, Turns, type Standing, type StartedRequest } from './receiver.js';

/** How many deliveries may wait for each request that may run. */
const AHEAD = 16;
/** The most bytes of all their bodies together. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The weight of each new body in the expected size of the next ones. */
const WEIGHT = 1 / 16;

/**
 * Counts the claimed deliveries that wait, over all receivers. There must be enough to send while more are claimed, and
 * they must fit into memory. More are claimed when half of them are gone, because a claim of few costs nearly as much
 * as a claim of many.
 */
export class Backlog {
  private readonly most: number;
  private waiting = 0;
  private bytes = 0;
  private bytesEach = 1;

  /** @param concurrency requests at once */
  constructor(concurrency: number) {
    this.most = AHEAD * concurrency;
  }

  /** How many more deliveries to claim, assuming that they are about as large as the last ones. */
  get room(): number {
    if (this.waiting > this.most / 2 || this.bytes > MOST_BYTES / 2) return 0;
    return Math.min(this.most - this.waiting, Math.max(1, Math.floor((MOST_BYTES - this.bytes) / this.bytesEach)));
  }

  add(delivery: SendableDelivery): void {
    const bytes = bytesOf(delivery);
    this.waiting += 1;
    this.bytes += bytes;
    this.bytesEach += (bytes - this.bytesEach) * WEIGHT;
  }

  remove(delivery: SendableDelivery): void {
    this.waiting -= 1;
    this.bytes -= bytesOf(delivery);
  }
}

/** A payload that is yet to be built takes no memory. */
function bytesOf({ sharedBody }: SendableDelivery): number {
  return sharedBody?.length ?? 0;
}

/** The most webhooks for which deliveries are claimed at once. Each is a part of one statement. */
const MOST_WEBHOOKS = 256;

/** New receivers have this part of all requests for themselves. Suspect ones cannot take it. */
const RESERVE_OF_NEW = 1 / 8;

/**
 * The receivers that this process sends to, and the fair choice between them. The connection with the fewest requests is next,
 * then its origin with the fewest, then the receiver with the fewest. No connection has more than its share, so that its
 * partner cannot make others wait. Receivers that do not work (see `Standing`) have half of all requests. However many there
 * are, the other half remains for receivers that work.
 */
@Injectable()
export class Receivers {
  private readonly known = new Map<string, Receiver>();
  private readonly turns = new Turns();
  /** Webhooks that may have due deliveries, in the order of their turns. */
  private readonly ready = new Set<string>();
  private running = 0;
  private readonly backlog: Backlog;

  constructor(@Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions) {
    this.backlog = new Backlog(options.dispatch.concurrency);
  }

  of(webhookId: string): Receiver {
    let receiver = this.known.get(webhookId);
    if (receiver === undefined) {
      receiver = new Receiver(webhookId, this.options);
      this.known.set(webhookId, receiver);
    }
    return receiver;
  }

  /** Notes that webhooks may have due deliveries. */
  markReady(webhookIds: Iterable<string>): void {
    for (const id of webhookIds) this.ready.add(id);
  }

  /** Whether there may be something to claim, and room for it. */
  get wantsMore(): boolean {
    return this.ready.size > 0 && this.backlog.room > 0;
  }

  /**
   * The requests that could begin now and that no waiting delivery could use. There are none for a webhook with due
   * deliveries, because those come first.
   */
  freeSlots(now: number): FreeSlots {
    const taken = new Map<string, number>();
    const takenOfConnection = new Map<string, number>();
    const room = this.room(now);
    return {
      take: ({ id, connectionId }) => {
        if (room.works <= 0 || this.ready.has(id)) return false;
        const ofConnection = takenOfConnection.get(connectionId) ?? 0;
        if (this.turns.runningOf(connectionId) + ofConnection >= this.mostOfConnection) return false;
        // An event may go to thousands of webhooks. No receiver should be created for one that would be refused.
        if (room.new <= 0 && !this.known.has(id)) return false;
        const receiver = this.of(id);
        const standing = receiver.standing(now);
        const takenHere = taken.get(id) ?? 0;
        if (takenHere >= receiver.free(now) || room[standing] <= 0) return false;
        taken.set(id, takenHere + 1);
        takenOfConnection.set(connectionId, ofConnection + 1);
        room.works -= 1;
        if (standing !== 'works') for (const other of ['new', 'suspect'] as const) room[other] -= 1;
        return true;
      },
    };
  }

  /**
   * How many deliveries to claim for each webhook, shared out evenly. These webhooks lose their turn and must be marked
   * as ready again.
   */
  takeShares(now: number): Map<string, number> {
    let left = this.backlog.room;
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

  /** Puts a claimed delivery behind those that wait for the same receiver. */
  enqueue(delivery: SendableDelivery): void {
    const receiver = this.of(delivery.webhookId);
    receiver.enqueue(delivery);
    this.backlog.add(delivery);
    this.turns.add(receiver);
  }

  /** Starts the next request, or returns null when nothing may start now. */
  startNext(now: number): StartedRequest | null {
    if (this.running >= this.options.dispatch.concurrency) return null;
    const receiver = this.choose(now);
    const delivery = receiver?.waiting.shift();
    if (receiver === null || delivery === undefined) return null;
    const request = { receiver, delivery, startedAt: now, origin: receiver.origin };
    receiver.running.add(request);
    this.backlog.remove(delivery);
    this.running += 1;
    this.turns.started(request);
    return request;
  }

  /** Notes that a request has ended. @returns false if it was aborted before */
  end(request: StartedRequest): boolean {
    const { receiver } = request;
    if (!receiver.running.delete(request)) return false;
    this.running -= 1;
    this.turns.ended(request);
    return true;
  }

  /** Aborts all requests. Their responses are ignored. @returns the deliveries of these requests */
  breakOff(): SendableDelivery[] {
    const requests = [...this.turns.receivers()].flatMap(({ running }) => [...running]);
    for (const request of requests) this.end(request);
    return requests.map(({ delivery }) => delivery);
  }

  /** Takes back the waiting deliveries of receivers that are held. Their webhooks stay ready. */
  takeHeld(now: number): SendableDelivery[] {
    return this.takeWaiting((receiver) => receiver.isHeld(now));
  }

  /** Takes back all waiting deliveries, or those of some receivers. */
  takeWaiting(from: (receiver: Receiver) => boolean = () => true): SendableDelivery[] {
    const taken: SendableDelivery[] = [];
    for (const receiver of [...this.turns.receivers()]) {
      if (receiver.waiting.length === 0 || !from(receiver)) continue;
      taken.push(...receiver.waiting.splice(0));
      this.ready.add(receiver.webhookId);
      this.turns.removeIdle(receiver);
    }
    for (const delivery of taken) this.backlog.remove(delivery);
    return taken;
  }

  /** Forgets receivers about which nothing must be remembered, so that their number stays bounded. */
  prune(now: number): void {
    for (const [id, receiver] of this.known) {
      if (!this.turns.has(receiver) && !this.ready.has(id) && receiver.isForgettable(now)) this.known.delete(id);
    }
  }

  private choose(now: number): Receiver | null {
    let room: Room | null = null;
    return this.turns.next(this.mostOfConnection, (receiver) => {
      if (!receiver.mayStart(now)) return false;
      const standing = receiver.standing(now);
      if (standing === 'works') return true;
      room ??= this.room(now);
      return room[standing] > 0;
    });
  }

  /** The most requests of one connection. */
  private get mostOfConnection(): number {
    const { concurrency, connectionShare } = this.options.dispatch;
    return Math.max(1, Math.ceil(concurrency * connectionShare));
  }

  /** How many more requests may go to receivers of each standing. */
  private room(now: number): Room {
    const { concurrency } = this.options.dispatch;
    const running = { works: 0, new: 0, suspect: 0 };
    for (const receiver of this.turns.receivers()) running[receiver.standing(now)] += receiver.running.size;
    const half = Math.ceil(concurrency / 2);
    const doNotWork = half - running.new - running.suspect;
    const suspect = Math.max(1, half - Math.floor(concurrency * RESERVE_OF_NEW)) - running.suspect;
    return { works: concurrency - this.running, new: doNotWork, suspect: Math.min(doNotWork, suspect) };
  }
}

/** How many more requests may go to receivers of each standing. */
type Room = Record<Standing, number>;
