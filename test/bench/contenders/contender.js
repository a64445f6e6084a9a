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
 * The work of each contender.
 * @typedef {object} Work
 * @property {number} deliveries
 * @property {readonly string[]} urls the receivers, each as often as the others
 */

/** Requests at once, of each process. */
export const CONCURRENCY = 64;
/** The approximate length of a body. */
export const KILOBYTES = 3;

export {};
