import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookEmitter } from 'nestjs-octo-webhooks';
import type { DataSource, EntityManager } from 'typeorm';
import { EMIT_EVERY_MS, ROLLED_BACK } from '../settings.js';
import { HostChange, HostResource } from './host-tables.js';
import { RESOURCE_IDS, webhookChange } from './resources.js';
import type { WorkerJournal } from './worker-journal.js';

const RETRY_AFTER_MS = 100;

/** The host's own work: changes one resource after the other, each in a transaction that also emits. */
export class ChangeMaker {
  private changing = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly emitter: WebhookEmitter,
    private readonly journal: WorkerJournal,
  ) {}

  /** Starts or stops the changes; a running transaction is not interrupted. */
  set active(active: boolean) {
    this.changing = active;
  }

  /** Goes on for as long as the process lives. */
  async run(): Promise<never> {
    for (;;) {
      const done = this.changing ? await this.change() : true;
      await sleep(done ? EMIT_EVERY_MS * (0.5 + Math.random()) : RETRY_AFTER_MS);
    }
  }

  /** @returns whether the outcome is known; when it is not, the database is away for now */
  private async change(): Promise<boolean> {
    const change = randomUUID();
    try {
      await this.dataSource.transaction((manager) => this.write(manager, change));
      this.journal.write({ kind: 'change', change, outcome: 'committed' });
      return true;
    } catch (error) {
      const outcome = error instanceof RolledBackOnPurpose ? 'rolled back' : 'unknown';
      this.journal.write({ kind: 'change', change, outcome });
      return outcome === 'rolled back';
    }
  }

  private async write(manager: EntityManager, id: string): Promise<void> {
    const resource = RESOURCE_IDS[Math.floor(Math.random() * RESOURCE_IDS.length)] ?? '';
    const row = await manager.findOneOrFail(HostResource, {
      where: { id: resource },
      lock: { mode: 'pessimistic_write' },
    });
    const version = row.version + 1;
    await manager.update(HostResource, { id: resource }, { version });
    await manager.insert(HostChange, { id, resource, version, at: Date.now() });
    await this.emitter.emit(webhookChange(id, resource, version), { manager });
    if (Math.random() < ROLLED_BACK) throw new RolledBackOnPurpose();
  }
}

/** The host refuses a change after it has emitted: nothing of it may arrive. */
class RolledBackOnPurpose extends Error {}
