import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../../webhooks.options.js';
import { WebhookEmitter } from '../webhook-emitter.js';
import { emittingEntities } from './declared/emitting-entities.js';
import { ResourceCapture } from './observed/resource-capture.js';
import { ResourceObserver } from './observed/resource-observer.js';
import { ResourceRows } from './observed/resource-rows.js';
import { ResourceTransactions } from './observed/resource-transactions.js';
import { SavedParents } from './observed/saved-parents.js';

/** Watches the data source with the webhook tables for the entities that are declared webhook resources. */
@Injectable()
export class EntityWebhooks implements OnModuleInit {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly emitter: WebhookEmitter,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** @throws InvalidWebhookResourceError for a declaration that cannot work */
  onModuleInit(): void {
    const { dataSource } = this.database;
    const resources = emittingEntities(dataSource, this.options.emission.resources);
    if (resources.length === 0) return;
    const saved = new SavedParents(dataSource, resources);
    const rows = new ResourceRows(saved);
    const transactions = new ResourceTransactions(dataSource, this.emitter, rows);
    dataSource.subscribers.push(new ResourceObserver(resources, saved, transactions, new ResourceCapture(rows)));
  }
}
