import { Inject, Injectable } from '@nestjs/common';
import { WebhooksClock } from '../host/clock.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { DeletedWebhooks } from './deleted-webhooks.js';
import { DeliveryRetention } from './delivery-retention.js';
import { EventRetention } from './event-retention.js';
import { retentionLimits } from './table-walk.js';
import type { TableWalk } from './table-walk.js';

/** A sweep goes on past so many pages of rows that all stay; then it is left to the next one to go on. */
const QUIET_PAGES = 200;

/**
 * Sweeps away what is old, every `retention.sweepMs`: deleted webhooks, deliveries, and then the events that these came from.
 */
@Injectable()
export class Retention {
  /** What the sweep that is under way has yet to go through; empty between sweeps. */
  private walks: TableWalk[] = [];
  private quietPages = 0;
  private sweptAt = -Infinity;

  constructor(
    private readonly webhooks: DeletedWebhooks,
    private readonly deliveries: DeliveryRetention,
    private readonly events: EventRetention,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Works on one page, if a sweep is under way or due.
   *
   * @returns whether the sweep goes on
   */
  async run(): Promise<boolean> {
    const now = this.clock.now();
    const limits = retentionLimits(this.options.retention, now);
    // Either way: a clock that is put back does not stop the sweeps.
    if (this.walks.length === 0 && Math.abs(now - this.sweptAt) >= this.options.retention.sweepMs) {
      this.sweptAt = now;
      this.walks = [this.webhooks, ...(limits.any === -Infinity ? [] : [this.deliveries, this.events])];
    }
    const [walk] = this.walks;
    if (walk === undefined) return false;
    const { removed, last } = await walk.page(limits);
    this.quietPages = removed === 0 ? this.quietPages + 1 : 0;
    if (last || this.quietPages === QUIET_PAGES) {
      this.walks.shift();
      this.quietPages = 0;
    }
    return this.walks.length > 0;
  }
}
