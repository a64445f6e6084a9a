import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager, QueryRunner } from 'typeorm';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { TransactionScope } from '../transactions/transaction-scope.js';
import { WebhookEmitter } from '../webhook-emitter.js';
import { declaredResources, type DeclaredResource } from './declared-resource.js';
import { resourceChange } from './resource-change.js';
import { ResourceObserver } from './resource-observer.js';
import { ReadResources, readResources } from './resource-rows.js';
import { TransactionNotes } from './transaction-notes.js';
import type { WebhookResourceDeclaration } from './webhook-resource.decorator.js';

/** Token of the entities that are declared in the module's options. */
export const WEBHOOK_RESOURCES = Symbol('WEBHOOK_RESOURCES');

/** Watches the entities that are declared webhook resources, and emits at the end of each transaction that changes some. */
@Injectable()
export class EntityWebhooks implements OnModuleInit {
  private declared: ReadonlyMap<string, DeclaredResource> = new Map();
  /** The notes of changes outside of transactions. */
  private readonly loose = new WeakMap<QueryRunner, TransactionNotes>();

  constructor(
    private readonly database: WebhooksDatabase,
    private readonly emitter: WebhookEmitter,
    @Inject(WEBHOOK_RESOURCES) private readonly declarations: readonly WebhookResourceDeclaration[],
  ) {}

  /** The declared entities, by name. */
  get resources(): ReadonlyMap<string, DeclaredResource> {
    return this.declared;
  }

  /** @throws InvalidWebhookResourceError for a declaration that cannot work */
  onModuleInit(): void {
    const { dataSource } = this.database;
    this.declared = declaredResources(dataSource, this.declarations);
    if (this.declared.size === 0) return;
    const scope = new TransactionScope<TransactionNotes>(dataSource, {
      empty: () => new TransactionNotes(),
      merge: (outer, inner) => outer.addAll(inner),
      beforeCommit: async (notes, queryRunner) => {
        notes.isClosing = true;
        await this.emit(queryRunner.manager, notes);
      },
    });
    const observer = new ResourceObserver([...this.declared.values()], {
      notes: (queryRunner) => scope.current(queryRunner) ?? this.looseNotes(queryRunner),
      changed: (queryRunner) => {
        const notes = scope.current(queryRunner) ?? this.looseNotes(queryRunner);
        // No commit will write the events: there is no transaction, or its COMMIT is about to be sent.
        return notes.isClosing ? this.emit(queryRunner.manager, notes) : undefined;
      },
    });
    observer.observe(dataSource);
  }

  private looseNotes(queryRunner: QueryRunner): TransactionNotes {
    const known = this.loose.get(queryRunner);
    if (known !== undefined) return known;
    const notes = new TransactionNotes();
    notes.isClosing = true;
    this.loose.set(queryRunner, notes);
    return notes;
  }

  /**
   * Writes the events of what has been noted, all of them together.
   *
   * @throws whatever a function of a declaration throws, and what `WebhookEmitter.emitAll` does; nothing was written
   */
  private async emit(manager: EntityManager, notes: TransactionNotes): Promise<void> {
    // TypeORM reports all rows of a save before it waits.
    await Promise.resolve();
    const taken = notes.take();
    try {
      const now = new ReadResources();
      await readResources(manager, taken.rows, now);
      const changes = [...taken.resources(now)].flatMap((noted) => resourceChange(noted) ?? []);
      await this.emitter.emitAll(changes, { manager });
    } catch (error) {
      // If the host goes on in spite of the error, it gets it again.
      taken.addAll(notes.take());
      notes.addAll(taken);
      throw error;
    }
  }
}
