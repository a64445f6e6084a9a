import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

const BYTES_EACH = 16;
const random = Buffer.alloc(256 * BYTES_EACH);
let used = random.length;

/**
 * A new UUIDv7, for what comes by the thousand. Its random bytes are fetched for many at once: fetched for each, they take a
 * process that does other things in between longer than all else that it does to emit an event.
 */
export function newId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const own = random.subarray(used, used + BYTES_EACH);
  used += BYTES_EACH;
  return uuidv7({ random: own });
}
