import { IsInt, Max, Min } from 'class-validator';

/** How long a hold may last from now: a whole number of minutes, a day at the most. */
export function IsHoldMinutes(): PropertyDecorator {
  const rules = [IsInt(), Min(1), Max(1440)];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}
