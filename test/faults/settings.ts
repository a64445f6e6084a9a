/**
 * How the workers run, in ms: short, so that deliveries are claimed again within seconds after a fault. The lease is much
 * longer than a request, because a busy machine may stall a process for a while, and a living process must not lose its lease.
 */
export const TIMES = {
  pollMs: 100,
  requestTimeoutMs: 2000,
  leaseMs: 5000,
  retryDelayMs: 200,
  /** A circuit may open by chance, and must then close long before a run is given up. */
  circuitOpenMs: 1000,
} as const;

/** Attempts before a delivery is given up: far more than the receiver's faults need. */
export const RETRIES = 60;

/** Dispatching processes at once. */
export const WORKERS = 3;

/** The resources that the workers change again and again. */
export const RESOURCES = { bookings: 40, availabilities: 6 } as const;

/** How long a worker waits between two of its transactions, in ms. */
export const EMIT_EVERY_MS = 25;

/** The share of transactions that are rolled back on purpose: their events must never arrive. */
export const ROLLED_BACK = 0.1;

/** How long the phases with faults are repeated, in ms; 0 runs each once. */
export const SOAK_MS = Number(process.env['SOAK_MINUTES'] ?? 0) * 60_000;

/** How long deliveries may take to arrive once the faults have ended, in ms. A delivery that has not arrived by then is lost. */
export const DRAIN_WITHIN_MS = 30_000;
