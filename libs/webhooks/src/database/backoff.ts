/** How long to wait, in ms: twice as long after each time before, up to a limit. */
export function backoffMs({ firstMs, mostMs }: { firstMs: number; mostMs: number }, times: number): number {
  return Math.min(firstMs * 2 ** times, mostMs);
}
