import type { OpenAPIObject } from '@nestjs/swagger';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../octo/event-type.js';
import { OctoWebhookSchema } from './dto/octo-webhook.schema.js';

type Schema = Readonly<Record<string, unknown>>;

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const object = (properties: Record<string, Schema>, additionalProperties: boolean): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
  additionalProperties,
});

/** The host's objects, with the properties that OCTO requires. Capabilities may add others. */
const OBJECTS: Readonly<Record<string, Schema>> = {
  OctoSupplier: object({ id: { type: 'string' }, name: { type: 'string' } }, true),
  OctoBooking: object({ uuid: { type: 'string' }, status: { type: 'string' }, optionId: { type: 'string' } }, true),
  OctoOrder: object({ id: { type: 'string' }, status: { type: 'string' } }, true),
  OctoProduct: object({ id: { type: 'string' }, internalName: { type: 'string' } }, true),
  OctoAvailability: object(
    { id: { type: 'string' }, available: { type: 'boolean' }, status: { type: 'string' } },
    true,
  ),
};

const path: Schema = { type: 'string', description: 'JSON Pointer, relative to the object' };
const anything: Schema = { description: 'Any JSON value' };

const DIFF_OPERATION: Schema = {
  oneOf: [
    object({ op: { const: 'add' }, path, value: anything }, false),
    object({ op: { const: 'remove' }, path, was: anything }, false),
    object({ op: { const: 'replace' }, path, was: anything, value: anything }, false),
  ],
};

const DIFF: Schema = { type: 'array', items: ref('WebhookDiffOperation') };

const OWN_FIELDS: Readonly<Record<WebhookEventType, Record<string, Schema>>> = {
  booking_update: { booking: ref('OctoBooking'), diff: DIFF },
  order_update: { order: ref('OctoOrder'), diff: DIFF },
  product_update: { product: ref('OctoProduct'), diff: DIFF },
  availability_update: {
    productId: { type: 'string' },
    optionId: { type: 'string' },
    availability: ref('OctoAvailability'),
  },
};

/** The name of a payload's schema: `BookingUpdate` for `booking_update`. */
function schemaName(event: WebhookEventType): string {
  return event.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Adds the bodies of the four deliveries to a host's OpenAPI document, under `webhooks`. The version becomes 3.1,
 * because 3.0 has no `webhooks`.
 *
 * @param document as `SwaggerModule.createDocument` returns it. It already contains the routes
 * @returns a new document
 */
export function withOctoWebhookPayloads(document: OpenAPIObject): OpenAPIObject {
  const payloads = Object.fromEntries(
    WEBHOOK_EVENT_TYPES.map((event) => [
      schemaName(event),
      object(
        {
          event: { const: event },
          webhook: ref(OctoWebhookSchema.name),
          supplier: ref('OctoSupplier'),
          ...OWN_FIELDS[event],
        },
        false,
      ),
    ]),
  );
  const added = {
    openapi: '3.1.0',
    webhooks: Object.fromEntries(WEBHOOK_EVENT_TYPES.map((event) => [event, operation(event)])),
    components: {
      ...document.components,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, ...document.components?.securitySchemes },
      schemas: { ...document.components?.schemas, ...OBJECTS, WebhookDiffOperation: DIFF_OPERATION, ...payloads },
    },
  };
  return { ...document, ...added } as OpenAPIObject;
}

function operation(event: WebhookEventType): Schema {
  const signature = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  return {
    post: {
      summary: `Sent to webhooks for ${event}, signed according to Standard Webhooks`,
      operationId: `deliver_${event}`,
      parameters: signature.map((name) => ({ name, in: 'header', required: true, schema: { type: 'string' } })),
      requestBody: { required: true, content: { 'application/json': { schema: ref(schemaName(event)) } } },
      responses: { '2XX': { description: 'Received. Anything else is a failure and is tried again.' } },
    },
  };
}
