import { Injectable, Logger } from '@nestjs/common';
import { stackOf } from '../database/error-text.js';
import { Outage } from '../database/outage.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { HealthChanges, type ReceiverHealthChange } from './health-changes.js';
import { DeliverySettlements, type Settlement } from '../deliveries/settle.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** A settlement that waits for being stored. */
interface Entry {
  readonly settlement: Settlement;
  readonly changes: readonly ReceiverHealthChange[];
  readonly done: () => void;
}

/**
 * Stores what became of deliveries: many in one transaction, those that come in during one together in the next, so that the
 * batches grow with the load. While the database is away, it holds on to them: what was sent is not to be sent again.
 */
@Injectable()
export class Settler {
  private readonly logger = new Logger(LOG_CONTEXT);
  private readonly outage = new Outage(this.logger, 'Settling deliveries');
  private entries: Entry[] = [];
  private storing = false;
  private abandoned = false;
  private stopWaiting: () => void = () => undefined;
  private released: (webhookIds: Iterable<string>) => void = () => undefined;

  constructor(
    private readonly settlements: DeliverySettlements,
    private readonly health: HealthChanges,
    private readonly database: WebhooksDatabase,
  ) {}

  /** Calls the listener with the webhooks for which settling has made other deliveries due. */
  onReleased(listener: (webhookIds: Iterable<string>) => void): void {
    this.released = listener;
  }

  /** Resolves when it is stored. What cannot be stored is left to its lease, and is sent again once that has run out. */
  async settle(settlement: Settlement, changes: readonly ReceiverHealthChange[]): Promise<void> {
    await new Promise<void>((done) => {
      this.entries.push({ settlement, changes, done });
      if (!this.storing) this.storeSoon();
    });
  }

  /** Waits no longer for a database that is away. */
  abandon(): void {
    this.abandoned = true;
    this.stopWaiting();
  }

  private storeSoon(): void {
    this.storing = true;
    setImmediate(() => {
      this.storeAll().catch((error: unknown) => this.logger.error(error));
    });
  }

  private async storeAll(): Promise<void> {
    const batch = this.entries;
    this.entries = [];
    await this.store(batch);
    for (const { done } of batch) done();
    this.storing = false;
    if (this.entries.length > 0) this.storeSoon();
  }

  private async store(batch: readonly Entry[], triedBefore = false): Promise<void> {
    for (let again = triedBefore; ; again = true) {
      try {
        await this.tryToStore(batch, again);
        this.outage.over();
        return;
      } catch (error) {
        if (await this.database.isReachable()) return this.storeOneByOne(batch, error);
        if (this.abandoned) return this.giveUp(batch, error);
        await this.wait(this.outage.goesOn(error));
      }
    }
  }

  private async wait(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** So that a single bad one does not make the others be sent again. */
  private async storeOneByOne(batch: readonly Entry[], error: unknown): Promise<void> {
    if (batch.length === 1) this.giveUp(batch, error);
    else for (const entry of batch) await this.store([entry], true);
  }

  private async tryToStore(batch: readonly Entry[], again: boolean): Promise<void> {
    this.released(
      await this.settlements.settle(
        batch.map(({ settlement }) => settlement),
        again,
      ),
    );
    for (const { changes } of batch) for (const change of changes) await this.health.apply(change);
  }

  private giveUp(batch: readonly Entry[], error: unknown): void {
    const ids = batch.map(({ settlement }) => settlement.delivery.id).join(', ');
    const reason = stackOf(error);
    this.logger.error(`Deliveries that could not be settled and will be sent again: ${ids}. ${reason}`);
    for (const { changes } of batch) for (const change of changes) this.health.drop(change);
  }
}
