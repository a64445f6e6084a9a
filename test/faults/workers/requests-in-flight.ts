import type { WebhookRequest, WebhookTransport } from 'nestjs-octo-webhooks';
import { ATTEMPT_HEADER } from '../receiver/receipt.js';
import type { FaultPoints } from './fault-points.js';
import type { WorkerJournal } from './worker-journal.js';

/** Records which requests are in flight: posted, and not yet settled in the database. */
export class RequestsInFlight {
  /** The attempts by delivery. */
  private readonly attempts = new Map<string, string>();
  /** When each delivery was claimed last. Other values of the claims are in it, too. */
  private readonly claimedAt = new Map<unknown, number>();
  private posts = 0;

  /** @param worker names the attempts */
  constructor(
    private readonly worker: string,
    private readonly journal: WorkerJournal,
    private readonly points: FaultPoints,
  ) {}

  /** Watches any transport. */
  watch(transport: WebhookTransport): void {
    const post = transport.post.bind(transport);
    transport.post = async (request: WebhookRequest) => {
      this.points.pass('after the claim, before the POST');
      const attempt = this.begin(request);
      const response = await post({ ...request, headers: { ...request.headers, [ATTEMPT_HEADER]: attempt } });
      this.points.pass('after the POST, before the settling');
      return response;
    };
  }

  /** The deliveries that a statement's values name are being claimed. */
  claiming(values: unknown): void {
    if (!Array.isArray(values)) return;
    for (const value of values) this.claimedAt.set(value, Date.now());
  }

  /** The deliveries in flight that a statement's values name. */
  namedIn(values: unknown): readonly string[] {
    const text = JSON.stringify(values ?? []);
    return [...this.attempts.keys()].filter((delivery) => text.includes(delivery));
  }

  /** The outcome of these deliveries is committed. */
  settled(deliveries: readonly string[]): void {
    for (const delivery of deliveries) {
      const attempt = this.attempts.get(delivery);
      if (attempt !== undefined) this.journal.write({ kind: 'settled', attempt, at: Date.now() });
      this.attempts.delete(delivery);
    }
  }

  private begin({ headers }: WebhookRequest): string {
    const delivery = String(headers['webhook-id']);
    const attempt = `${this.worker}/${(this.posts += 1)}`;
    this.attempts.set(delivery, attempt);
    const at = Date.now();
    // Without a claim, the claim counts as made now, so that it excuses no duplicate.
    const claimedAt = this.claimedAt.get(delivery) ?? at;
    this.journal.write({ kind: 'posted', attempt, delivery, claimedAt, at });
    return attempt;
  }
}
