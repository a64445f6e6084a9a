/** A wait that doubles. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** How long to wait, in ms. @param times how often the wait has doubled, 0 for the first wait */
export function backoffMs({ firstMs, mostMs }: Backoff, times: number): number {
  return Math.min(firstMs * 2 ** times, mostMs);
}
