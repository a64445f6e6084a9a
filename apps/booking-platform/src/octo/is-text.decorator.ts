import { IsString, MaxLength, NotContains, type ValidationOptions } from 'class-validator';

/**
 * A string that can be stored: not too long, and without NUL, which PostgreSQL cannot store.
 *
 * @param maxLength the most characters allowed
 * @param options `{ each: true }` for a list of strings
 */
export function IsText(maxLength: number, options: ValidationOptions = {}): PropertyDecorator {
  const rules = [
    IsString(options),
    MaxLength(maxLength, options),
    NotContains('\0', { ...options, message: '$property must not contain the NUL character' }),
  ];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}
