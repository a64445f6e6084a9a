/**
 * How the workers run, in ms: short, so that what a fault leaves behind is taken up again within seconds. The lease is that
 * much longer than a request because a busy machine may stall a process for a while, and a lease must not end in one that lives.
 */
export const TIMES = { pollMs: 100, requestTimeoutMs: 2000, leaseMs: 5000, retryDelayMs: 200 } as const;

/** Attempts before a delivery is given up: far more than the receiver's faults can use up. */
export const RETRIES = 60;

/** Dispatching processes at once. */
export const WORKERS = 3;

/** What the workers change, over and over. */
export const RESOURCES = { bookings: 40, availabilities: 6 } as const;

/** How long a worker waits between two of its transactions, in ms. */
export const EMIT_EVERY_MS = 25;

/** The share of transactions that are rolled back on purpose: what they emitted must never arrive. */
export const ROLLED_BACK = 0.1;

/** How long the phases with faults are repeated, in ms; 0 runs each once. */
export const SOAK_MS = Number(process.env['SOAK_MINUTES'] ?? 0) * 60_000;

/** How long what is under way may take to arrive once the faults have ended, in ms. What has not come by then counts as lost. */
export const DRAIN_WITHIN_MS = 30_000;
