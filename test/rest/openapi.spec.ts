import { beforeAll, describe, expect, it } from '@jest/globals';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { WEBHOOK_EVENT_TYPES, withOctoWebhookPayloads } from 'nestjs-octo-webhooks';
import { createPlatform, type Platform } from '../../apps/booking-platform/src/platform.js';
import { readSettings } from '../../apps/booking-platform/src/settings.js';
import { OctoClient } from '../support/octo-client.js';
import { HARBOUR_WALK, PLATFORM_ENVIRONMENT, reserve } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';
import { useResource } from '../support/resources.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

describe('The OpenAPI document of a host', () => {
  let platform: Platform;
  let document: OpenAPIObject & { webhooks?: Record<string, unknown> };

  const receiver = useReceiver('group');
  useResource('group', async () => {
    const settings = readSettings({ ...PLATFORM_ENVIRONMENT, DATABASE_URL: 'pglite:memory' });
    platform = await createPlatform(settings, { logger: ['fatal'] });
    return () => platform.close();
  });
  beforeAll(() => {
    const builder = new DocumentBuilder().setTitle('Platform').setVersion('1').build();
    document = withOctoWebhookPayloads(SwaggerModule.createDocument(platform.app, builder));
  });

  it('it is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(
      JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
    );
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('it has every route on webhooks, with bodies and answers', () => {
    const paths = Object.entries(document.paths).filter(([path]) => path.startsWith('/octo/webhooks'));
    const operations = paths.flatMap(([path, item]) => Object.keys(item).map((method) => `${method} ${path}`));
    expect(operations.sort()).toEqual([
      'delete /octo/webhooks',
      'delete /octo/webhooks/{webhookId}',
      'get /octo/webhooks',
      'get /octo/webhooks/{webhookId}',
      'patch /octo/webhooks/{webhookId}',
      'post /octo/webhooks',
      'post /octo/webhooks/{webhookId}/trigger',
    ]);
    expect(document.paths['/octo/webhooks']?.post).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateWebhookDto' } } } },
      responses: { 200: {}, 400: {}, 403: {} },
    });
    expect(Object.keys(document.webhooks ?? {})).toEqual([...WEBHOOK_EVENT_TYPES]);
  });

  it.each<[operation: string, parameters: string[], body: string | null]>([
    ['post /octo/webhooks', [], 'CreateWebhookDto'],
    ['get /octo/webhooks', [], null],
    ['delete /octo/webhooks', ['event', 'url'], 'DeleteByUrlDto'],
    ['get /octo/webhooks/{webhookId}', ['webhookId'], null],
    ['patch /octo/webhooks/{webhookId}', ['webhookId'], 'UpdateWebhookDto'],
    ['delete /octo/webhooks/{webhookId}', ['webhookId'], null],
    ['post /octo/webhooks/{webhookId}/trigger', ['webhookId'], 'WebhookTriggerDto'],
  ])('it has the parameters and the body of %s', (operation, parameters, body) => {
    const [method = '', path = ''] = operation.split(' ');
    const found = new Map(Object.entries(document.paths[path] ?? {})).get(method) as Operation;
    const ofPartner = (found.parameters ?? []).filter((one) => !('$ref' in one) && one.in !== 'header');
    expect(ofPartner.map((one) => ('name' in one ? one.name : '')).sort()).toEqual(parameters);
    const schema = { $ref: `#/components/schemas/${body}` };
    expect(found.requestBody).toEqual(
      body === null ? undefined : { required: body !== 'DeleteByUrlDto', content: { 'application/json': { schema } } },
    );
  });

  it('it has the values of the event in the query', () => {
    const parameters = document.paths['/octo/webhooks']?.delete?.parameters;
    const schema = { type: 'string', enum: [...WEBHOOK_EVENT_TYPES] };
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'event', in: 'query', required: false, schema }));
  });

  it('it describes what is delivered for all four events', async () => {
    const url = await platform.listen();
    const capabilities = 'octo/webhooks, octo/pricing, octo/content, octo/cart';
    const reseller = new OctoClient(`${url}/octo`, 'key-reseller-a', capabilities);
    for (const event of WEBHOOK_EVENT_TYPES)
      await reseller.post('/webhooks', { event, url: receiver.url(`/${event}`) });

    const { body: order } = await reseller.post<{ id: string }>('/orders');
    const uuid = await reserve(reseller, { orderId: order.id });
    await reseller.post(`/bookings/${uuid}/confirm`, { contact: { emailAddress: 'jane@example.com' } });
    const supplier = new OctoClient(`${url}/backoffice`, 'key-supplier-1', null);
    await supplier.patch(`/products/${HARBOUR_WALK.productId}`, { internalName: 'Harbour Stroll' });
    // Created order; hold and slot; order with booking; confirmation twice; product.
    await receiver.received(7);

    const ajv = new Ajv2020({ strict: false });
    ajvFormats.default(ajv);
    ajv.addSchema({ $id: 'document', components: document.components });
    const seen = new Set<string>();
    for (const { body } of receiver.requests) {
      const name = body.event.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` });
      validate(body);
      expect(validate.errors ?? []).toEqual([]);
      seen.add(body.event);
    }
    expect([...seen].sort()).toEqual([...WEBHOOK_EVENT_TYPES].sort());
  });
});
