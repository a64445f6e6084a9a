import { now } from './now.js';

/** Notes how long rounds of claims take: from choosing due deliveries to holding their leases. */
export class ClaimTimes {
  /** How long the claims took that found something, in ms. @type {number[]} */
  ended = [];
  /** When the current round began. */
  #startedAt = 0;

  /** @param {import('typeorm').DataSource} dataSource */
  watch(dataSource) {
    dataSource.subscribers.push({
      beforeQuery: ({ query }) => {
        if (isChoice(query)) this.#startedAt = now();
      },
      afterQuery: ({ query }) => {
        if (isLease(query)) this.ended.push(now() - this.#startedAt);
      },
    });
  }
}

/** @param {string} query */
function isChoice(query) {
  return query.startsWith('(SELECT id, webhook_id') && query.includes('LIMIT');
}

/** @param {string} query */
function isLease(query) {
  return query.startsWith('UPDATE') && query.includes('octo_webhook_delivery') && /SET lease_token = [?$]/.test(query);
}
