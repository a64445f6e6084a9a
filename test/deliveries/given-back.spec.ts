import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { QueryFailedError } from 'typeorm';
import type { ClaimedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import { EventClaims } from '../../libs/webhooks/src/fan-out/event-claims.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { claimFor } from '../support/claimed-deliveries.js';
import { describeOnDatabases } from '../support/each-database.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const BROKEN = new Error('read ECONNRESET');
/** As MySQL and MariaDB, and as PostgreSQL say that a statement has lost a race. */
const LOST_RACE = new QueryFailedError('SELECT', [], Object.assign(new Error(), { errno: 1213, code: '40001' }));

describeOnDatabases('What was leased and could not be read', (kind) => {
  const steps = new DatabaseSteps();
  const clock = new TestClock();
  const options = { dispatch: { enabled: false } };
  const parts = { extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] };
  const host = useTestHost(kind, options, { per: 'test', ...parts });
  let webhookId: string;

  beforeEach(async () => {
    // No lease ends while the clock stands still.
    clock.stop();
    ({ id: webhookId } = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' }));
    await host.emitter.emit(bookingChange('booking-1', null, 'ON_HOLD'));
  });
  afterEach(() => {
    steps.onStatement = null;
  });

  const claimEvents = async (): Promise<string[]> =>
    (await host.app.get(EventClaims).claim(10)).events.map(({ resourceId }) => resourceId);
  const claimDeliveries = async (): Promise<string[]> =>
    (await claimFor(host, webhookId, 10)).map((one) => one.resourceKey);

  /** Fails the statement that reads the leased deliveries, once. */
  function failReadingOfDeliveries(error: Error): void {
    steps.onStatement = (sql) => {
      if (!sql.includes('delivery.lease_token')) return Promise.resolve();
      steps.onStatement = null;
      return Promise.reject(error);
    };
  }

  describe('an event', () => {
    it.each(['afterChange', 'beforeReading'] as const)(
      'is due at once, when the connection broke: %s',
      async (point) => {
        steps.once(point, () => Promise.reject(BROKEN));
        await expect(claimEvents()).rejects.toBe(BROKEN);
        expect(await claimEvents()).toEqual(['booking-1']);
      },
    );

    it('is read again, when the reading lost a race', async () => {
      steps.once('beforeReading', () => Promise.reject(LOST_RACE));
      expect(await claimEvents()).toEqual(['booking-1']);
    });
  });

  describe('a delivery', () => {
    beforeEach(async () => void (await host.app.get(FanOut).run()));

    it('is due at once, when the answer to its lease was lost', async () => {
      steps.once('afterChange', () => Promise.reject(BROKEN));
      await expect(claimDeliveries()).rejects.toBe(BROKEN);
      expect(await claimDeliveries()).toEqual(['booking_update\tbooking-1']);
    });

    it('is due at once, when the connection broke while it was read', async () => {
      failReadingOfDeliveries(BROKEN);
      await expect(claimDeliveries()).rejects.toBe(BROKEN);
      expect(await claimDeliveries()).toEqual(['booking_update\tbooking-1']);
    });

    it('is not taken from another process that was faster, when the connection broke while the rest was read', async () => {
      await host.emitter.emit(bookingChange('booking-2', null, 'ON_HOLD'));
      await host.app.get(FanOut).run();
      let faster: readonly ClaimedDelivery[] = [];
      steps.once('beforeChange', async () => {
        faster = await claimFor(host, webhookId, 1);
        failReadingOfDeliveries(BROKEN);
      });
      await expect(claimDeliveries()).rejects.toBe(BROKEN);
      expect(faster).toHaveLength(1);
      const again = await claimDeliveries();
      expect(again).toHaveLength(1);
      expect(again).not.toContain(faster[0]?.resourceKey);
    });

    it('is due at once, when its webhook could not be read', async () => {
      steps.once('beforeReading', () => Promise.reject(BROKEN));
      await expect(claimDeliveries()).rejects.toBe(BROKEN);
      expect(await claimDeliveries()).toEqual(['booking_update\tbooking-1']);
    });

    it('is read again, when the reading lost a race', async () => {
      failReadingOfDeliveries(LOST_RACE);
      expect(await claimDeliveries()).toEqual(['booking_update\tbooking-1']);
    });
  });
});
