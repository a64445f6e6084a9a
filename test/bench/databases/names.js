import { randomBytes } from 'node:crypto';

/** A name that nothing else on a server has. */
export function benchName() {
  return `octo_bench_${randomBytes(6).toString('hex')}`;
}
