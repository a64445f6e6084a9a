import { Injectable, Logger } from '@nestjs/common';
import { IsNull, MoreThan } from 'typeorm';
import { NIL } from 'uuid';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { WebhookRow } from './webhook.entity.js';
import { WebhookRowMapper } from './webhook.mapper.js';
import type { Webhook } from './webhook.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** Few enough that a request for a locked webhook does not wait long. */
const BATCH = 100;

/** The result of `reencrypt`. */
export interface ReencryptedWebhooks {
  /** How many webhooks were encrypted again. */
  readonly rewritten: number;
  /** The ids of the webhooks that cannot be decrypted. They were not changed. */
  readonly unreadable: readonly string[];
}

/** Changes the key under which the secrets of webhooks are stored. */
@Injectable()
export class WebhookEncryption {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly database: WebhooksDatabase,
    private readonly mapper: WebhookRowMapper,
  ) {}

  /**
   * Encrypts with the first of `encryption.keys` everything that is stored readable or under another key. Webhooks
   * remain in use meanwhile. If the call is interrupted, the next one continues with the rest.
   *
   * Keys can be changed while several processes run. First add the new key after the old one in all processes, then put
   * it first in all of them. Then call this method, and remove the old key once `unreadable` is empty.
   *
   * @returns how many webhooks were encrypted again, and the ids of those that cannot be decrypted
   */
  async reencrypt(): Promise<ReencryptedWebhooks> {
    const unreadable: string[] = [];
    let rewritten = 0;
    for (let after: string | undefined = NIL; after !== undefined;) {
      const batch = await this.reencryptAfter(after);
      rewritten += batch.rewritten;
      unreadable.push(...batch.unreadable);
      after = batch.last;
    }
    return { rewritten, unreadable };
  }

  /** Encrypts the batch of webhooks that follows an id. */
  private async reencryptAfter(id: string): Promise<ReencryptedWebhooks & { readonly last: string | undefined }> {
    return this.database.transaction(async (manager) => {
      const rows = await manager.find(WebhookRow, {
        where: { id: MoreThan(id), deletedAt: IsNull() },
        order: { id: 'ASC' },
        take: BATCH,
        lock: { mode: 'pessimistic_write' },
      });
      const unreadable: string[] = [];
      let rewritten = 0;
      for (const row of rows) {
        const webhook = this.read(row);
        if (webhook === null) unreadable.push(row.id);
        if (webhook === null || this.mapper.isCurrent(row)) continue;
        await manager.update(WebhookRow, { id: row.id }, this.mapper.sealed(webhook));
        rewritten += 1;
      }
      return { rewritten, unreadable, last: rows.at(-1)?.id };
    });
  }

  /** The webhook of a row, or null. Rows that need no change are read too, because only this finds a wrong key under the right id. */
  private read(row: WebhookRow): Webhook | null {
    try {
      return this.mapper.toWebhook(row);
    } catch (error) {
      if (!(error instanceof UnreadableWebhookError)) throw error;
      this.logger.error(error.message);
      return null;
    }
  }
}
