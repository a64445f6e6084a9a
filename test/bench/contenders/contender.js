/**
 * A backlog that waits to be drained.
 * @typedef {object} Run
 * @property {() => Promise<void>} start begins to drain; resolves once the process is at work
 * @property {() => Promise<number>} recorded how many deliveries are recorded as delivered
 * @property {() => Promise<void>} end stops, whatever is left
 */

/**
 * One way to deliver.
 * @typedef {object} Contender
 * @property {string} name
 * @property {(work: Work) => Promise<Run>} prepare makes a backlog and the process that is to drain it
 */

/**
 * What all contenders are given to do.
 * @typedef {object} Work
 * @property {number} deliveries
 * @property {readonly string[]} urls the endpoints, each as often as the others
 */

/** Requests at once, of each process. */
export const CONCURRENCY = 64;
/** About how long a body is. */
export const KILOBYTES = 3;

export {};
