import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { CommitSignal } from './transactions/commit-signal.js';
import type { EventRow } from './event-row.js';
import { WebhookEvent } from './webhook-event.entity.js';

/** The table of events that are to go out. */
@Injectable()
export class Outbox {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly commits: CommitSignal,
  ) {}

  /** Adds events through the manager, in whose transaction they commit or roll back; the dispatcher wakes after it. */
  async write(manager: EntityManager, rows: readonly EventRow[]): Promise<void> {
    await this.database.insert(manager, WebhookEvent, rows);
    this.commits.emitted(manager);
  }
}
