import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { OctoError } from 'nestjs-octo-webhooks';

/** Long enough to recognise a value by, short enough not to send a body back. */
const SHOWN_CHARACTERS = 80;

/**
 * Checks bodies and queries against their DTO classes. Fields that a DTO does not know are dropped: OCTO clients send
 * those of capabilities that the platform does not have.
 */
export function octoValidationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    exceptionFactory: (errors) =>
      new OctoError('BAD_REQUEST', errors.flatMap((error) => complaints(error, '')).join(' ')),
  });
}

/** One sentence per broken rule, with the full path of its field. */
function complaints(error: ValidationError, parentPath: string): string[] {
  const path = pathOf(error.property, parentPath);
  const own = Object.values(error.constraints ?? {}).map(
    (rule) => `The field ${path} is not valid: ${rule}; got ${shown(error.value)}.`,
  );
  return [...own, ...(error.children ?? []).flatMap((child) => complaints(child, path))];
}

function pathOf(property: string, parentPath: string): string {
  if (/^\d+$/.test(property)) return `${parentPath}[${property}]`;
  return parentPath === '' ? property : `${parentPath}.${property}`;
}

function shown(value: unknown): string {
  const json = value === undefined ? 'nothing' : JSON.stringify(value);
  return json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
}
