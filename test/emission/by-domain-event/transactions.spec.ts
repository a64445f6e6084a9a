import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { AmbientTransaction, EmitWebhookOn, WebhookEvent, type BookingChange } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';
import { describeOnServers } from '../../support/each-database.js';
import { bookingChange } from '../../support/test-host.js';
import { TestLog } from '../../support/test-log.js';
import { useTestHost } from '../../support/use-test-host.js';
import { waitUntil } from '../../support/wait-until.js';

/** A host's own way to carry its transaction along. */
const carried = new AsyncLocalStorage<EntityManager>();

class CarriedTransaction extends AmbientTransaction {
  current(): EntityManager | null {
    const manager = carried.getStore();
    return manager?.queryRunner?.isTransactionActive === true ? manager : null;
  }
}

@Injectable()
class Mappings {
  slow = Promise.resolve();

  @EmitWebhookOn('booking')
  booking(uuid: string): BookingChange {
    return bookingChange(uuid, null, 'ON_HOLD');
  }

  @EmitWebhookOn('booking.slow')
  async slowBooking(uuid: string): Promise<BookingChange> {
    await this.slow;
    return bookingChange(uuid, null, 'ON_HOLD');
  }

  @EmitWebhookOn('fails.at.once')
  failsAtOnce(): BookingChange {
    throw new Error('No such booking.');
  }

  @EmitWebhookOn('fails.later')
  async failsLater(): Promise<BookingChange> {
    await turn();
    throw new Error('No such booking.');
  }

  @EmitWebhookOn('fails.*.refused')
  refused(uuid: string): BookingChange[] {
    return [bookingChange(uuid, null, 'ON_HOLD'), bookingChange('', null, 'ON_HOLD')];
  }
}

const FAILING = [
  { event: 'fails.at.once', method: 'Mappings.failsAtOnce', message: 'No such booking.' },
  { event: 'fails.later', method: 'Mappings.failsLater', message: 'No such booking.' },
  { event: 'fails.and.refused', method: 'Mappings.refused', message: 'resourceId' },
];

describeOnServers('What @EmitWebhookOn writes', (kind) => {
  const log = new TestLog();
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    {
      imports: [EventEmitterModule.forRoot({ wildcard: true })],
      providers: [Mappings],
      extras: { transactions: CarriedTransaction },
      logger: log,
    },
  );
  let events: EventEmitter2;
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown): void => {
    unhandled.push(error);
  };

  beforeAll(() => {
    events = host.app.get(EventEmitter2);
    process.on('unhandledRejection', onUnhandled);
  });
  afterAll(() => void process.off('unhandledRejection', onUnhandled));
  beforeEach(async () => {
    await host.dataSource.getRepository(WebhookEvent).clear();
    log.clear();
  });
  afterEach(() => {
    expect(unhandled).toEqual([]);
  });

  const written = async (): Promise<string[]> => {
    const rows = await host.dataSource.manager.find(WebhookEvent, { order: { sequence: 'ASC' } });
    return rows.map(({ resourceId }) => resourceId);
  };
  const inTransaction = (work: (manager: EntityManager) => Promise<unknown>, end: 'commit' | 'rollback') =>
    host.dataSource
      .transaction(async (manager) => {
        await work(manager);
        if (end === 'rollback') throw new Error('Rolled back.');
      })
      .catch((error: Error) => {
        if (error.message !== 'Rolled back.') throw error;
      });
  const inCarried = (work: () => Promise<unknown>, end: 'commit' | 'rollback') =>
    inTransaction((manager) => carried.run(manager, work), end);

  it('it commits and rolls back with the manager among the arguments of the event', async () => {
    await inTransaction((manager) => events.emitAsync('booking', 'kept', { manager }), 'commit');
    await inTransaction((manager) => events.emitAsync('booking', 'gone', { manager }), 'rollback');
    expect(await written()).toEqual(['kept']);
  });

  it('the manager is found at any position, and nothing else is taken for one', async () => {
    const noManager = [null, 'manager', { manager: null }, { manager: { query: 'not one' } }];
    await inTransaction(
      (manager) => events.emitAsync('booking', 'gone', ...noManager, { manager }, 'last'),
      'rollback',
    );
    await inTransaction(() => events.emitAsync('booking', 'own', ...noManager), 'rollback');
    expect(await written()).toEqual(['own']);
  });

  it('it commits and rolls back with the transaction that is found automatically', async () => {
    await inCarried(() => events.emitAsync('booking', 'kept'), 'commit');
    await inCarried(() => events.emitAsync('booking', 'gone'), 'rollback');
    expect(await written()).toEqual(['kept']);
  });

  it('a manager among the arguments goes before the transaction that is found', async () => {
    await inCarried(async () => {
      await inTransaction((manager) => events.emitAsync('booking', 'explicit', { manager }), 'commit');
      await events.emitAsync('booking', 'found');
    }, 'rollback');
    expect(await written()).toEqual(['explicit']);
  });

  it('keeps the order of several emits that the host awaits in one transaction', async () => {
    await inTransaction(async (manager) => {
      for (const uuid of ['3', '1', '2']) await events.emitAsync('booking', uuid, { manager });
      await events.emitAsync('booking.slow', '0', { manager });
    }, 'commit');
    expect(await written()).toEqual(['3', '1', '2', '0']);
  });

  it.each(FAILING)('an awaited $event rejects with the error itself, so that the host rolls back', async (failing) => {
    const { event, message } = failing;
    const transaction = inTransaction(async (manager) => {
      await events.emitAsync('booking', 'before', { manager });
      await events.emitAsync(event, 'half', { manager });
    }, 'commit');
    await expect(transaction).rejects.toThrow(message);
    await turn();
    expect(await written()).toEqual([]);
    expect(log.problems).toEqual([]);
  });

  it.each(FAILING)('when a plain emit of $event fails, that is logged once and nothing is written', async (failing) => {
    const { event, method, message } = failing;
    expect(events.emit(event, 'half')).toBe(true);
    await waitUntil('the log', () => log.problems.length > 0);
    await turn();
    expect(log.problems).toEqual([expect.stringContaining(message)]);
    expect(log.problems[0]).toMatch(`${method} failed for ${event}, and no webhook event was written`);
    expect(await written()).toEqual([]);
  });

  it('when a slow mapping ends after its transaction, nothing is written in another one', async () => {
    let resume = (): void => undefined;
    host.app.get(Mappings).slow = new Promise((resolve) => (resume = resolve));
    await inCarried(async () => events.emit('booking.slow', 'late'), 'rollback');
    resume();
    await waitUntil('the log', () => log.problems.length > 0);
    expect(log.problems).toEqual([expect.stringContaining('already released')]);
    expect(await written()).toEqual([]);
  });
});
