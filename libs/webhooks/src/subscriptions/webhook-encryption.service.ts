import { Injectable, Logger } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { WebhookRowMapper } from './webhook-row.mapper.js';
import { WebhookRow } from './webhook.entity.js';
import type { Webhook } from './webhook.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** Few enough that a request for one of them does not wait long. */
const BATCH = 100;
const BEFORE_ALL_IDS = '00000000-0000-0000-0000-000000000000';

/** What `reencrypt` has done. */
export interface ReencryptedWebhooks {
  /** How many webhooks were written anew. */
  readonly rewritten: number;
  /** The ids of those that cannot be decrypted, and stayed as they are. */
  readonly unreadable: readonly string[];
}

/** What is stored of webhooks under the host's keys. */
@Injectable()
export class WebhookEncryption {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly database: WebhooksDatabase,
    private readonly sealer: WebhookRowMapper,
  ) {}

  /**
   * Encrypts with the first of `encryption.keys` whatever is stored readable or under another key. Webhooks are in use
   * meanwhile; when it is broken off, the next call goes on with what is left.
   *
   * To change keys while several processes run: add the new key behind the old one in all of them, then put it first, call
   * this, and take the old key out once `unreadable` is empty. Until then, what was encrypted with the old key needs it.
   */
  async reencrypt(): Promise<ReencryptedWebhooks> {
    const unreadable: string[] = [];
    let rewritten = 0;
    for (let after: string | undefined = BEFORE_ALL_IDS; after !== undefined;) {
      const batch = await this.reencryptAfter(after);
      rewritten += batch.rewritten;
      unreadable.push(...batch.unreadable);
      after = batch.last;
    }
    return { rewritten, unreadable };
  }

  /** Works on the batch of webhooks that follow an id. */
  private async reencryptAfter(id: string): Promise<ReencryptedWebhooks & { readonly last: string | undefined }> {
    return this.database.transaction(async (manager) => {
      const rows = await manager.find(WebhookRow, {
        where: { id: MoreThan(id), deletedAt: IsNull() },
        order: { id: 'ASC' },
        take: BATCH,
        lock: { mode: 'pessimistic_write' },
      });
      const opened = rows.map((row) => ({ row, webhook: this.read(row) }));
      let rewritten = 0;
      for (const { row, webhook } of opened) {
        if (webhook === null || this.sealer.isCurrent(row)) continue;
        await manager.update(WebhookRow, { id: row.id }, this.sealer.sealed(webhook));
        rewritten += 1;
      }
      const unreadable = opened.filter(({ webhook }) => webhook === null).map(({ row }) => row.id);
      return { rewritten, unreadable, last: rows.at(-1)?.id };
    });
  }

  /** The webhook, also of a row that needs no change: a wrong key under the right id shows here. */
  private read(row: WebhookRow): Webhook | null {
    try {
      return this.sealer.open(row);
    } catch (error) {
      if (!(error instanceof UnreadableWebhookError)) throw error;
      this.logger.error(error.message);
      return null;
    }
  }
}
