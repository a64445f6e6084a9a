import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { WebhookEmitter } from '../webhook-emitter.js';
import { emittingEntities } from './emitting-entity.js';
import { ResourceCapture } from './resource-capture.js';
import { ResourceObserver } from './resource-observer.js';
import { ResourceRows } from './resource-rows.js';
import { ResourceTransactions } from './resource-transactions.js';
import { SavedParents } from './saved-parents.js';
import type { WebhookResourceDeclaration } from './webhook-resource.decorator.js';

/** Token of the entities that the module is told of. */
export const WEBHOOK_RESOURCES = Symbol('WEBHOOK_RESOURCES');

/** Watches the data source with the webhook tables for the entities that are declared webhook resources. */
@Injectable()
export class EntityWebhooks implements OnModuleInit {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly emitter: WebhookEmitter,
    @Inject(WEBHOOK_RESOURCES) private readonly declarations: readonly WebhookResourceDeclaration[],
  ) {}

  /** @throws InvalidWebhookResourceError for a declaration that cannot work */
  onModuleInit(): void {
    const { dataSource } = this.database;
    const resources = emittingEntities(dataSource, this.declarations);
    if (resources.length === 0) return;
    const saved = new SavedParents(dataSource, resources);
    const rows = new ResourceRows(saved);
    const transactions = new ResourceTransactions(dataSource, this.emitter, rows);
    dataSource.subscribers.push(new ResourceObserver(resources, saved, transactions, new ResourceCapture(rows)));
  }
}
