import { Inject, Injectable } from '@nestjs/common';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { DeliveryBounds } from './delivery-bounds.js';
import { DeletedWebhooks } from './deleted-webhooks.js';
import { DeliveryRetention } from './delivery-retention.js';
import { EventRetention } from './event-retention.js';
import { retentionLimits, type TableWalk } from './table-walk.js';

/** After this many pages in a row without a removal, a walk stops. The next sweep continues it. */
const QUIET_PAGES = 200;

/**
 * Every `retention.sweepMs`, drops what waits beyond the limits, and removes old rows: deleted webhooks, then deliveries, then
 * their events.
 */
@Injectable()
export class Retention {
  /** The walks that are left in the current sweep; empty between sweeps. */
  private walks: TableWalk[] = [];
  private quietPages = 0;
  private sweptAt = -Infinity;

  constructor(
    private readonly bounds: DeliveryBounds,
    private readonly webhooks: DeletedWebhooks,
    private readonly deliveries: DeliveryRetention,
    private readonly events: EventRetention,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Works on one page, if a sweep is under way or due.
   *
   * @returns whether the sweep continues
   */
  async run(): Promise<boolean> {
    const now = this.clock.now();
    const limits = retentionLimits(this.options.retention, now);
    // The absolute difference, so that a clock that is set back does not stop the sweeps.
    if (this.walks.length === 0 && Math.abs(now - this.sweptAt) >= this.options.retention.sweepMs) {
      this.sweptAt = now;
      this.walks = [this.bounds, this.webhooks, ...(limits.any === -Infinity ? [] : [this.deliveries, this.events])];
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
