import { ValidateIf } from 'class-validator';

/** The other rules count only if the field is there at all. Unlike with `IsOptional`, null is checked by them. */
export function IfSent(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}
