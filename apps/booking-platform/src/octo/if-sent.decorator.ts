import { ValidateIf } from 'class-validator';

/** The other rules apply only if the field is present. Unlike with `IsOptional`, they also check null. */
export function IfSent(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}
