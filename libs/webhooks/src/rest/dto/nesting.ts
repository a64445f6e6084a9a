import { OctoError } from '../../octo/octo-error.js';

/** OCTO's bodies have four levels. What checks a body calls itself for each level, so many of them would exhaust the stack. */
const MOST_LEVELS = 32;

/** @throws OctoError BAD_REQUEST when a body or a query has objects or lists in each other on too many levels */
export function refuseDeep(type: 'body' | 'query', value: unknown): void {
  let level = containersIn([value]);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MOST_LEVELS) {
      throw new OctoError('BAD_REQUEST', `The ${type} must not be nested more than ${MOST_LEVELS} levels deep.`);
    }
    level = level.flatMap((container) => containersIn(Object.values(container)));
  }
}

function containersIn(values: readonly unknown[]): object[] {
  return values.filter((value) => typeof value === 'object' && value !== null);
}
