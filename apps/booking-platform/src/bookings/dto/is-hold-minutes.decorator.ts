import { IsInt, Max, Min } from 'class-validator';

/** The duration of a hold from now: a whole number of minutes, at most a day. */
export function IsHoldMinutes(): PropertyDecorator {
  const rules = [IsInt(), Min(1), Max(1440)];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}
