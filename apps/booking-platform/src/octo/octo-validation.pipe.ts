import { ValidationPipe, type ValidationPipeOptions } from '@nestjs/common';
import { getMetadataStorage, type ValidationError } from 'class-validator';
import { OctoError } from 'nestjs-octo-webhooks';

/** Long enough to recognise a value, and short enough not to return a whole body. */
const SHOWN_CHARACTERS = 80;

/**
 * Validates bodies and queries against their DTO classes. Unknown fields are dropped, because OCTO clients may send
 * fields of capabilities that the platform does not have.
 */
export function octoValidationPipe(): ValidationPipe {
  return pipe({ whitelist: true });
}

/** The same for routes outside of OCTO. An unknown field is refused there, because it must be a mistake. */
export function strictValidationPipe(): ValidationPipe {
  // The target is used to list the known fields.
  return pipe({ whitelist: true, forbidNonWhitelisted: true, validationError: { target: true } });
}

function pipe(options: ValidationPipeOptions): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    ...options,
    exceptionFactory: (errors) =>
      new OctoError('BAD_REQUEST', errors.flatMap((error) => complaints(error, '')).join(' ')),
  });
}

/** One sentence per broken rule, with the full path of its field. */
function complaints(error: ValidationError, parentPath: string): string[] {
  const path = pathOf(error.property, parentPath);
  const own = Object.entries(error.constraints ?? {}).map(([name, rule]) =>
    name === 'whitelistValidation'
      ? `The field ${path} is not known here; allowed are: ${fieldsOf(error.target).join(', ')}.`
      : `The field ${path} is not valid: ${rule}; got ${shown(error.value)}.`,
  );
  return [...own, ...(error.children ?? []).flatMap((child) => complaints(child, path))];
}

/** The fields that the DTO class of an object has rules for. */
function fieldsOf(dto: object | undefined): string[] {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto?.constructor ?? Object, '', false, false);
  return [...new Set(rules.map(({ propertyName }) => propertyName))];
}

function pathOf(property: string, parentPath: string): string {
  if (/^\d+$/.test(property)) return `${parentPath}[${property}]`;
  return parentPath === '' ? property : `${parentPath}.${property}`;
}

function shown(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value);
  return json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
}
