/** The moments at which a worker can be made to kill itself. */
export const FAULT_POINTS = [
  'before the claim commits',
  'after the claim, before the POST',
  'after the POST, before the settling',
  'in the middle of the settling',
  'in the middle of the fan-out',
  "in the middle of the host's transaction",
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];
