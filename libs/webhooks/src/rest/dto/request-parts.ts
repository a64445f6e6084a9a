import { ValidationPipe, type Type } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { OctoError } from '../../octo/octo-error.js';
import type { ParsedRequest } from '../octo-request.js';
import { refuseLostHeaders } from './lost-headers.js';
import { refuseDeep } from './nesting.js';

const validation = new ValidationPipe({
  transform: true,
  // OCTO clients may send fields that this version does not know. `capabilities` is one: it is read from the header.
  whitelist: true,
  exceptionFactory: (errors: ValidationError[]) =>
    new OctoError('BAD_REQUEST', errors.flatMap((error) => messagesOf(error)).join('; ')),
});

/** The body of a request. One that is missing counts as `{}`. @throws OctoError BAD_REQUEST */
export async function bodyOf<Dto extends object>({ body }: ParsedRequest, dto: Type<Dto>): Promise<Dto> {
  // First, because the validation deletes such names without an error.
  refuseLostHeaders(body);
  return checked('body', body, dto);
}

/** The query of a request. @throws OctoError BAD_REQUEST */
export function queryOf<Dto extends object>({ query }: ParsedRequest, dto: Type<Dto>): Promise<Dto> {
  return checked('query', query, dto);
}

/** Nest's validation is called here and not bound as a pipe, so that the pipes of the host do not run before it. */
async function checked<Dto extends object>(type: 'body' | 'query', value: unknown, dto: Type<Dto>): Promise<Dto> {
  refuseDeep(type, value);
  const instance: unknown = await validation.transform(value, { type, metatype: dto });
  if (instance instanceof dto) return instance;
  throw new OctoError('BAD_REQUEST', `The ${type} must be an object.`);
}

/** Each message begins with the name of its field. A nested field gets its path as a prefix, such as `units.0.`. */
function messagesOf({ property, constraints, children }: ValidationError): string[] {
  const nested = (children ?? []).flatMap(messagesOf).map((message) => `${property}.${message}`);
  return [...Object.values(constraints ?? {}), ...nested];
}
