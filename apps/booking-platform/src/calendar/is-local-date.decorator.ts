import { ValidateBy } from 'class-validator';
import { isLocalDate } from './local-time.js';

/** A real date without a time, written `YYYY-MM-DD`. */
export function IsLocalDate(): PropertyDecorator {
  return ValidateBy({
    name: 'isLocalDate',
    validator: {
      validate: (value) => typeof value === 'string' && isLocalDate(value),
      defaultMessage: (args) => `${args?.property ?? 'value'} must be a date of the form YYYY-MM-DD`,
    },
  });
}
