import { NO_HANDOVER, type Handover } from '../../libs/webhooks/src/deliveries/handover.js';
import type { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';

/** Fans out rounds, and slices beside them, until nothing is due. */
export async function fanOutAll(fanOut: FanOut, handover: Handover = NO_HANDOVER): Promise<void> {
  for (;;) {
    const worked = await fanOut.run(handover);
    if (fanOut.hasSlice) await fanOut.runSlice(handover);
    else if (worked === 0) return;
  }
}
