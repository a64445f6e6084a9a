/**
 * One line of the report.
 * @typedef {object} Figure
 * @property {string} what
 * @property {string} measured with its unit
 * @property {string} [goal] with its unit; left out for what is shown only for comparison
 * @property {boolean} [met] whether the goal is met
 */

/**
 * The results of a figure's file.
 * @typedef {{ figures: Figure[], data: unknown }} Measurement
 */

/**
 * A figure that must be at least the goal.
 *
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {(value: number) => string} format
 * @returns {Figure}
 */
export function atLeast(what, value, goal, format) {
  return { what, measured: format(value), goal: `at least ${format(goal)}`, met: value >= goal };
}

/**
 * A figure that must be at most the goal.
 *
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {(value: number) => string} format
 * @returns {Figure}
 */
export function atMost(what, value, goal, format) {
  return { what, measured: format(value), goal: `at most ${format(goal)}`, met: value <= goal };
}

/**
 * A figure that must be exactly the goal.
 *
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @returns {Figure}
 */
export function exactly(what, value, goal) {
  return { what, measured: String(value), goal: `exactly ${goal}`, met: value === goal };
}

/** @param {number} value */
export const ratio = (value) => `${value.toFixed(2)} x`;
/** @param {number} value */
export const perSecond = (value) => `${Math.round(value).toLocaleString('en')}/s`;
/** @param {number} value */
export const milliseconds = (value) =>
  value === Infinity ? 'did not come' : `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
/** @param {number} value */
export const megabytes = (value) => `${(value / 1_000_000).toFixed(0)} MB`;
/** @param {number} value */
export const percent = (value) => `${Math.round(value * 100)} %`;
