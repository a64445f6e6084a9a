import { expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EmitWebhook, WebhookEvent, type JsonObject } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';
import { SERVER_KINDS } from '../../support/database-servers.js';
import { describeOnDatabases } from '../../support/each-database.js';
import { useTestHost } from '../../support/use-test-host.js';

const REQUESTS = 6;

@Injectable()
class Bookings {
  @EmitWebhook({
    event: 'booking_update',
    supplierId: 'supplier-1',
    connectionIds: ['connection-a'],
    resourceId: ({ args: [, uuid] }) => uuid,
    manager: ({ args: [manager] }) => manager,
  })
  async confirm(_manager: EntityManager, uuid: string): Promise<JsonObject> {
    return { uuid, status: 'CONFIRMED' };
  }
}

// Not on PGlite, which runs one transaction after the other.
describeOnDatabases(
  'Simultaneous requests with @EmitWebhook(), each in its own transaction',
  (kind) => {
    const host = useTestHost(kind, { dispatch: { enabled: false } }, { providers: [Bookings] });

    it('each request commits or rolls back only its own event', async () => {
      const emitted = meeting(REQUESTS);
      let committedEarly = 0;
      const requests = Array.from({ length: REQUESTS }, (_, index) =>
        host.dataSource.transaction(async (manager) => {
          await host.app.get(Bookings).confirm(manager, `b-${index}`);
          await emitted();
          const visible = await host.dataSource.manager.count(WebhookEvent);
          committedEarly += visible;
          // No transaction commits before all have read.
          await emitted();
          if (index % 2 === 1) throw new Error('Rolled back.');
        }),
      );
      const outcomes = await Promise.allSettled(requests);
      expect(outcomes.map(({ status }) => status)).toEqual(
        outcomes.map((_, index) => (index % 2 === 1 ? 'rejected' : 'fulfilled')),
      );
      expect(committedEarly).toBe(0);
      const events = await host.dataSource.manager.find(WebhookEvent, { order: { resourceId: 'ASC' } });
      expect(events.map(({ resourceId }) => resourceId)).toEqual(['b-0', 'b-2', 'b-4']);
    });
  },
  SERVER_KINDS,
);

/** A barrier: each caller waits until that many have arrived. It can be used again. */
function meeting(size: number): () => Promise<void> {
  let waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length < size) return;
      waiting.forEach((go) => go());
      waiting = [];
    });
}
