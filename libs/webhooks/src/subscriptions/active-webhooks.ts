import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { numberOf, numberOrNull, placeholders, textOf } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { WebhookRow } from './webhook.entity.js';
import type { Webhook } from './webhook.js';
import { WebhookRowMapper } from './webhook.mapper.js';

/** A webhook is kept only if its row is older, because `updated_at` cannot distinguish two edits in one millisecond. */
const SETTLED_MS = 1000;
/** Together, as estimated by `bytesOf`. */
const MOST_KEPT_BYTES = 32 * 1024 * 1024;
/** What a webhook takes besides its texts: the objects, and what is prepared from it for its requests. */
const BESIDES_TEXTS = 2048;

interface WebhookVersion {
  readonly id: string;
  /** Changes whenever a column of the row changes that a `Webhook` shows. */
  readonly version: string;
}

interface KeptWebhook {
  readonly version: string;
  readonly webhook: Webhook;
}

/**
 * The webhooks that deliveries go to. Each claim looks them up, but decrypts and parses only those that have changed.
 */
@Injectable()
export class ActiveWebhooks {
  private readonly kept = new LRUCache<string, KeptWebhook>({
    maxSize: MOST_KEPT_BYTES,
    sizeCalculation: ({ webhook }) => bytesOf(webhook),
  });

  constructor(
    private readonly database: WebhooksDatabase,
    private readonly mapper: WebhookRowMapper,
    private readonly clock: WebhooksClock,
  ) {}

  /** The active ones of these webhooks. If one cannot be decrypted, its error takes its place. */
  async load(ids: readonly string[]): Promise<ReadonlyMap<string, Webhook | UnreadableWebhookError>> {
    const loaded = new Map<string, Webhook | UnreadableWebhookError>();
    const changed = new Map<string, string>();
    for (const { id, version } of await this.versions(ids)) {
      const kept = this.kept.get(id);
      if (kept?.version === version && this.signsOn(kept.webhook)) loaded.set(id, kept.webhook);
      else changed.set(id, version);
    }
    for (const row of await this.rows([...changed.keys()])) {
      const opened = this.open(row);
      loaded.set(row.id, opened);
      this.keep(row.id, changed.get(row.id) ?? '', opened);
    }
    return loaded;
  }

  private async versions(ids: readonly string[]): Promise<WebhookVersion[]> {
    return this.database.select(
      this.database.manager,
      `SELECT id, connection_id, supplier_id, updated_at, failing_since, circuit_open_until, circuit_openings
         FROM ${this.database.table(WebhookRow)}
        WHERE id IN (${placeholders(ids)}) AND active = ?`,
      [...ids, true],
      (row) => ({
        id: textOf(row, 'id'),
        version: [
          numberOf(row, 'updated_at'),
          numberOrNull(row, 'failing_since'),
          numberOrNull(row, 'circuit_open_until'),
          numberOf(row, 'circuit_openings'),
          // Its secrets are tied to them.
          textOf(row, 'connection_id'),
          textOf(row, 'supplier_id'),
        ].join(' '),
      }),
    );
  }

  private async rows(ids: readonly string[]): Promise<WebhookRow[]> {
    if (ids.length === 0) return [];
    return this.database.reading((manager) =>
      manager
        .createQueryBuilder(WebhookRow, 'webhook')
        .where('webhook.id IN (:...ids) AND webhook.active = :active', { ids, active: true })
        .getMany(),
    );
  }

  private open(row: WebhookRow): Webhook | UnreadableWebhookError {
    try {
      return this.mapper.toWebhook(row);
    } catch (error) {
      if (error instanceof UnreadableWebhookError) return error;
      throw error;
    }
  }

  private keep(id: string, version: string, opened: Webhook | UnreadableWebhookError): void {
    this.kept.delete(id);
    if (opened instanceof UnreadableWebhookError) return;
    if (this.clock.now() - opened.updatedAt.getTime() < SETTLED_MS) return;
    this.kept.set(id, { version, webhook: opened });
  }

  /** Whether the overlap of none of its secrets has ended. */
  private signsOn({ signingSecrets }: Webhook): boolean {
    return signingSecrets.every(({ expiresAt }) => expiresAt === null || expiresAt.getTime() > this.clock.now());
  }
}

/** The memory that a webhook takes, in bytes; more rather than less. */
export function bytesOf({ url, capabilities, headers, signingSecrets }: Webhook): number {
  const texts = [
    url,
    ...capabilities,
    ...Object.entries(headers).flat(),
    ...signingSecrets.map(({ secret }) => secret),
  ];
  return BESIDES_TEXTS + 2 * texts.reduce((sum, text) => sum + text.length, 0);
}
