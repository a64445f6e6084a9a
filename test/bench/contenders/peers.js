import { KILOBYTES } from './contender.js';
import { Remote } from '../processes/remote.js';

/** @typedef {import('./contender.js').Contender} Contender */

/** The work that the script of a peer prepares. @typedef {import('./contender.js').Work & { kilobytes: number, variant: string, serverUrl: string }} PeerWork */

/**
 * A way to deliver that has a script of its own.
 *
 * @param {string} name
 * @param {string} script
 * @param {{ variant?: string, serverUrl?: string }} [settings]
 * @returns {Contender}
 */
export function peer(name, script, { variant = '', serverUrl = '' } = {}) {
  return {
    name,
    prepare: async (work) => {
      const remote = await Remote.start(script);
      await remote.call('prepare', { ...work, kilobytes: KILOBYTES, variant, serverUrl });
      return {
        start: async () => {
          await remote.call('start');
        },
        recorded: async () => /** @type {number} */ (await remote.call('recorded')),
        end: () => remote.end(),
      };
    },
  };
}
