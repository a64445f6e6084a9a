import { Injectable, Logger } from '@nestjs/common';
import { stackOf } from '../database/error-text.js';
import { Outage } from '../database/outage.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { DeliverySettlements, type Settlement } from '../deliveries/settle.js';
import { ReceiverHealth, type HealthChange } from './receiver-health.js';
import { Receivers } from './receivers.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** A settlement that waits to be stored. */
interface Entry {
  readonly settlement: Settlement;
  readonly changes: readonly HealthChange[];
  readonly done: () => void;
}

/**
 * Stores the results of deliveries, many in one transaction. Results that arrive during one transaction are stored
 * together in the next, so the batches grow with the load. While the database is unavailable, it keeps them, because
 * deliveries that were sent must not be sent again.
 */
@Injectable()
export class Settler {
  private readonly logger = new Logger(LOG_CONTEXT);
  private readonly outage = new Outage(this.logger, 'Settling deliveries');
  private entries: Entry[] = [];
  private recording = false;
  private abandoned = false;
  private stopWaiting: () => void = () => undefined;

  constructor(
    private readonly settlements: DeliverySettlements,
    private readonly receivers: Receivers,
    private readonly health: ReceiverHealth,
    private readonly database: WebhooksDatabase,
  ) {}

  /** Resolves when the settlement is stored. If it cannot be stored, the delivery is sent again when its lease ends. */
  settle(settlement: Settlement, changes: readonly HealthChange[]): Promise<void> {
    return new Promise((done) => {
      this.entries.push({ settlement, changes, done });
      if (!this.recording) this.recordSoon();
    });
  }

  /** From now on, it does not wait for a database that is unavailable. */
  abandon(): void {
    this.abandoned = true;
    this.stopWaiting();
  }

  private recordSoon(): void {
    this.recording = true;
    setImmediate(() => {
      this.recordAll().catch((error: unknown) => this.logger.error(error));
    });
  }

  private async recordAll(): Promise<void> {
    const batch = this.entries;
    this.entries = [];
    await this.record(batch);
    for (const { done } of batch) done();
    this.recording = false;
    if (this.entries.length > 0) this.recordSoon();
  }

  private async record(batch: readonly Entry[], triedBefore = false): Promise<void> {
    for (let again = triedBefore; ; again = true) {
      try {
        await this.tryToRecord(batch, again);
        this.outage.over();
        return;
      } catch (error) {
        if (await this.database.isReachable()) return this.recordOneByOne(batch, error);
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

  /** A single settlement that cannot be stored must not cause the others to be sent again. */
  private async recordOneByOne(batch: readonly Entry[], error: unknown): Promise<void> {
    if (batch.length === 1) this.giveUp(batch, error);
    else for (const entry of batch) await this.record([entry], true);
  }

  private async tryToRecord(batch: readonly Entry[], again: boolean): Promise<void> {
    const settlements = batch.map(({ settlement }) => settlement);
    this.receivers.markReady(await this.settlements.settle(settlements, again));
    for (const { changes } of batch) for (const change of changes) await this.health.apply(change);
  }

  private giveUp(batch: readonly Entry[], error: unknown): void {
    const ids = batch.map(({ settlement }) => settlement.delivery.id).join(', ');
    const reason = stackOf(error);
    this.logger.error(`Deliveries that could not be settled will be sent again: ${ids}. ${reason}`);
    for (const { changes } of batch) for (const change of changes) this.health.drop(change);
  }
}
