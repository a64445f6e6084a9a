import { clear, deliveredCount, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { KILOBYTES } from './contender.js';
import { Dispatchers } from './dispatchers.js';

/** @typedef {import('./contender.js').Contender} Contender */

/**
 * This library, on a database server.
 *
 * @param {string} kind
 * @param {{ url: string, dataSource: import('typeorm').DataSource }} database
 * @param {number} [processes]
 * @returns {Contender}
 */
export function ours(kind, { url, dataSource }, processes = 1) {
  return {
    name: `octo-webhooks on ${kind}${processes === 1 ? '' : `, ${processes} processes`}`,
    prepare: async ({ deliveries, urls }) => {
      await clear(dataSource);
      const webhookIds = await seedWebhooks(dataSource, urls);
      await seedDeliveries(dataSource, webhookIds, deliveries, { kilobytes: KILOBYTES });
      const dispatchers = await Dispatchers.fork(url, processes);
      return {
        start: () => dispatchers.start(),
        recorded: () => deliveredCount(dataSource),
        end: () => dispatchers.end(),
      };
    },
  };
}
