import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../database/ids.js';
import { WEBHOOKS_DATA_SOURCE, WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { ForeignEntityManagerError, TransactionRequiredError } from '../webhooks.errors.js';
import { type ResolvedWebhooksOptions, WEBHOOKS_OPTIONS } from '../webhooks.options.js';
import { type EmittedChange, eventRow, type EventRow } from './event-row.js';
import { AmbientTransaction } from './transactions/ambient-transaction.js';
import { TransactionScope } from './transactions/transaction-scope.js';
import type { WebhookChange } from './webhook-change.js';
import { WebhookEvent, type WebhookEventStatus } from './webhook-event.entity.js';

/** What was committed: changes, what partners have triggered, or both. */
interface Emitted {
  changes: boolean;
  triggers: boolean;
}

type CommitListener = (emitted: Readonly<Emitted>) => void;

/**
 * Notifies listeners in this process when events have been committed, so that they are fanned out at once. This is only
 * a hint. The poll finds the events of other processes, and those of a process that died after its commit.
 */
@Injectable()
export class CommitSignal {
  private readonly listeners = new Set<CommitListener>();
  private readonly scope: TransactionScope<Emitted>;

  constructor(@Inject(WEBHOOKS_DATA_SOURCE) dataSource: DataSource) {
    this.scope = new TransactionScope(dataSource, {
      empty: () => ({ changes: false, triggers: false }),
      merge: (outer, { changes, triggers }) => {
        outer.changes ||= changes;
        outer.triggers ||= triggers;
      },
      committed: (emitted) => {
        if (emitted.changes || emitted.triggers) this.notify(emitted);
      },
    });
  }

  /** Calls the listener after each commit with events. */
  onCommit(listener: CommitListener): void {
    this.listeners.add(listener);
  }

  /** Must be called when events have been inserted through the manager. */
  emitted(manager: EntityManager, rows: readonly EventRow[]): void {
    const triggers = rows.some(({ status }) => status === ('triggered' satisfies WebhookEventStatus));
    const transaction = this.scope.current(manager.queryRunner);
    if (transaction === null) this.notify({ changes: !triggers, triggers });
    else transaction[triggers ? 'triggers' : 'changes'] = true;
  }

  private notify(emitted: Emitted): void {
    this.listeners.forEach((listener) => listener(emitted));
  }
}

/** The table of events that wait to be fanned out. */
@Injectable()
export class Outbox {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly commits: CommitSignal,
  ) {}

  /** Inserts events through the manager. They commit or roll back with its transaction, and fan-out is woken after the commit. */
  async write(manager: EntityManager, rows: readonly EventRow[]): Promise<void> {
    await this.database.insert(manager, WebhookEvent, rows);
    this.commits.emitted(manager, rows);
  }
}

/** How events are written. */
export interface EmitOptions {
  /**
   * The manager of the host's transaction, so that the events commit or roll back with the change. Default: the manager
   * that `AmbientTransaction` finds. If there is none, the events are committed on their own.
   */
  readonly manager?: EntityManager;
}

/** An event that was written. */
export interface EmittedEvent {
  readonly id: string;
}

/**
 * Writes changes into the outbox. The host calls it whenever it changes a booking, an order, a product or an
 * availability.
 */
@Injectable()
export class WebhookEmitter {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly outbox: Outbox,
    private readonly clock: WebhooksClock,
    private readonly ambient: AmbientTransaction,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Writes one event, with one INSERT in the host's transaction. Matching, serializing and sending happen after the
   * commit.
   *
   * @throws InvalidWebhookChangeError when the change is incomplete or malformed; nothing was written
   * @throws ForeignEntityManagerError when the manager belongs to another data source; nothing was written
   * @throws TransactionRequiredError when the option `emission.requireTransaction` is set and no transaction is open
   */
  async emit(change: WebhookChange, options: EmitOptions = {}): Promise<EmittedEvent> {
    const id = newId();
    await this.write([eventRow(id, change, this.clock.now())], options.manager);
    return { id };
  }

  /**
   * Writes many events, hundreds with each INSERT. If one is refused, none is written.
   *
   * @returns their ids, in the order of the changes
   * @throws as `emit`
   */
  async emitAll(changes: readonly EmittedChange[], options: EmitOptions = {}): Promise<EmittedEvent[]> {
    if (changes.length === 0) return [];
    const now = this.clock.now();
    const events = changes.map((change) => ({ id: newId(), change }));
    await this.write(
      events.map(({ id, change }) => eventRow(id, change, now)),
      options.manager,
    );
    return events.map(({ id }) => ({ id }));
  }

  private async write(rows: readonly EventRow[], given: EntityManager | undefined): Promise<void> {
    const { dataSource } = this.database;
    const manager = given ?? this.ambient.current(dataSource);
    if (manager !== null && manager.dataSource !== dataSource) throw new ForeignEntityManagerError();
    if (this.options.emission.requireTransaction && manager?.queryRunner?.isTransactionActive !== true) {
      throw new TransactionRequiredError();
    }
    if (manager !== null) await this.outbox.write(manager, rows);
    // Several rows may need several statements, and must be committed together.
    else if (rows.length > 1) await this.database.transaction((own) => this.outbox.write(own, rows));
    else await this.outbox.write(this.database.manager, rows);
  }
}
