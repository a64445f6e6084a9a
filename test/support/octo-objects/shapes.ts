/** A JSON Schema. `false` allows nothing: a field with it must be absent. */
export type Schema = Readonly<Record<string, unknown>> | false;

export const text: Schema = { type: 'string', minLength: 1 };
export const textOrNull: Schema = { type: ['string', 'null'] };
export const flag: Schema = { type: 'boolean' };
export const integer: Schema = { type: 'integer' };
export const integerOrNull: Schema = { type: ['integer', 'null'] };
export const nothing: Schema = { type: 'null' };

export const uuid: Schema = matching('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$');
export const localDate: Schema = matching(String.raw`^\d{4}-\d{2}-\d{2}$`);
/** A local time of the day. */
export const localTime: Schema = matching(String.raw`^\d{2}:\d{2}$`);
/** A local time with its offset. */
export const localDateTime: Schema = matching(String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$`);
/** OCTO writes no fractions of seconds. */
export const utcTime: Schema = matching(String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$`);

/** An object with these fields. OCTO lets a platform add others. */
export function object(fields: Readonly<Record<string, Schema>>): Schema {
  return {
    type: 'object',
    required: Object.keys(fields).filter((field) => fields[field] !== false),
    properties: fields,
  };
}

export function listOf(items: Schema, minItems = 0): Schema {
  return { type: 'array', items, minItems };
}

export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, nothing] };
}

export function oneOf(...values: readonly (string | boolean)[]): Schema {
  return { enum: values };
}

/** What holds besides, for objects in which a field has that value. */
export function when(field: string, value: Schema, then: Schema): Schema {
  return { if: { properties: { [field]: value } }, then };
}

/** A schema with further ones that must hold, too. */
export function allOf(...schemas: readonly Schema[]): Schema {
  return { allOf: schemas };
}

function matching(pattern: string): Schema {
  return { type: 'string', pattern };
}
