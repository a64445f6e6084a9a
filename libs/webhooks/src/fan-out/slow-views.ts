import { Inject, Injectable } from '@nestjs/common';
import { WebhooksClock } from '../host/clock.js';
import type { WebhookView } from '../host/webhooks-host.js';
import { WebhooksError } from '../webhooks.errors.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';

/** How long fan-out leaves a view to the attempts of its deliveries, after it was too slow. */
const LEFT_MS = 300_000;

/** The part of a payload that the host is asked for. It is the same for all views of a supplier when `view` is null. */
export interface AskedView {
  readonly supplierId: string;
  readonly view: WebhookView | null;
}

/** The most time that the host's port has for one payload, in ms. The lease must then still last for the request. */
export function longestBuildMs({ dispatch }: ResolvedWebhooksOptions): number {
  return dispatch.leaseMs / 4;
}

/** A payload takes two answers: what all views of a supplier share, and the object in one view. */
function longestAnswerMs(options: ResolvedWebhooksOptions): number {
  return longestBuildMs(options) / 2;
}

/**
 * Limits the time in which the host's port answers, and remembers the views that were too slow. Fan-out is one loop for all
 * partners, so it waits for such a view once. Its payloads are then built when their deliveries are attempted, where only its
 * own webhooks wait.
 */
@Injectable()
export class SlowViews {
  /** Until when a view is left out, in ms since 1970, by its key. */
  private readonly until = new Map<string, number>();

  constructor(
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** @throws SlowHostError when the view was too slow */
  refuse(asked: AskedView): void {
    if (this.until.size === 0) return;
    const until = this.until.get(keyOf(asked));
    if (until !== undefined && this.clock.now() < until) throw new SlowHostError(longestAnswerMs(this.options));
  }

  /**
   * Waits for the host's answer.
   *
   * @throws SlowHostError when it takes too long; whatever `work` throws
   */
  async inTime<Answer>(asked: AskedView, work: () => Promise<Answer>): Promise<Answer> {
    const limit = longestAnswerMs(this.options);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new SlowHostError(limit)), limit);
    });
    try {
      const answer = await Promise.race([work(), late]);
      if (this.until.size > 0) this.until.delete(keyOf(asked));
      return answer;
    } catch (error) {
      if (error instanceof SlowHostError) this.remember(keyOf(asked));
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private remember(key: string): void {
    const now = this.clock.now();
    for (const [other, until] of this.until) if (until <= now) this.until.delete(other);
    this.until.set(key, now + LEFT_MS);
  }
}

function keyOf({ supplierId, view }: AskedView): string {
  return JSON.stringify([supplierId, view]);
}

/** The host's port has not answered in time. */
class SlowHostError extends WebhooksError {
  constructor(limitMs: number) {
    super(`The host's port has not answered within ${limitMs} ms, an eighth of dispatch.leaseMs.`);
  }
}
