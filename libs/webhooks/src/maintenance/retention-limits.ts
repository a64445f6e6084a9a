import type { ResolvedRetentionOptions } from '../options/retention.options.js';

/** From when on what has ended is old: what ended at that time or before it. -Infinity where it is kept for ever. */
export interface RetentionLimits {
  /** For what was delivered, cancelled or superseded, and for events that were fanned out. */
  readonly delivered: number;
  /** For what is dead, and for events that failed. */
  readonly dead: number;
  /** The later of both: of what is younger, nothing is old. */
  readonly any: number;
}

export function retentionLimits({ deliveredMs, deadMs }: ResolvedRetentionOptions, now: number): RetentionLimits {
  const delivered = deliveredMs === null ? -Infinity : now - deliveredMs;
  const dead = deadMs === null ? -Infinity : now - deadMs;
  return { delivered, dead, any: Math.max(delivered, dead) };
}
