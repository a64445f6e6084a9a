import { expect, it } from '@jest/globals';
import { Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  EmitWebhook,
  MissingWebhookEmitterError,
  WebhookEvent,
  type EmitCall,
  type JsonObject,
} from 'nestjs-octo-webhooks';
import { describeOnServers } from '../../support/each-database.js';
import { useTestHost } from '../../support/use-test-host.js';

const PRODUCT = {
  event: 'product_update',
  supplierId: 'supplier-1',
  resourceId: ({ args: [id] }: EmitCall<JsonObject, [id: string, ...unknown[]]>) => id,
} as const;
const CURRENCY = Symbol('CURRENCY');

@Injectable()
class Products {
  readonly calls: unknown[][] = [];

  @SetMetadata('above', 'noted')
  @EmitWebhook(PRODUCT)
  @SetMetadata('below', 'noted')
  async rename(id: string, title: string): Promise<JsonObject> {
    this.calls.push([id, title]);
    return { id, title };
  }

  @EmitWebhook(PRODUCT)
  price(id: string, price: number, wait: boolean): JsonObject | Promise<JsonObject> {
    if (price < 0) throw new Error('Too cheap.');
    return wait ? Promise.resolve({ id, price }) : { id, price };
  }
}

@Injectable()
class Tours extends Products {
  @Inject(CURRENCY) readonly currency!: string;
}

@Injectable()
class Walks extends Products {
  @EmitWebhook({ ...PRODUCT, resourceId: ({ args: [id] }) => `${id}/walk` })
  override async rename(id: string, title: string): Promise<JsonObject> {
    return super.rename(id, `${title} (walk)`);
  }
}

@Injectable()
class Cruises extends Products {
  override async rename(id: string, title: string): Promise<JsonObject> {
    return { id, title };
  }
}

@Injectable()
class TooEarly {
  readonly renamed = this.rename('early');

  @EmitWebhook(PRODUCT)
  async rename(id: string): Promise<JsonObject> {
    return { id };
  }
}

/** The method of the prototype, without an instance. */
function methodOf({ prototype }: typeof Products): Products['rename'] {
  return Object.getOwnPropertyDescriptor(prototype, 'rename')?.value as Products['rename'];
}

describeOnServers('A class with @EmitWebhook() on a method', (kind) => {
  const providers = [Products, Tours, Walks, Cruises, { provide: CURRENCY, useValue: 'EUR' }];
  const host = useTestHost(kind, { dispatch: { enabled: false } }, { providers });

  const emitted = async (resourceId: string): Promise<JsonObject[]> => {
    const events = await host.dataSource.manager.find(WebhookEvent, { where: { resourceId } });
    return events.map(({ after }) => after);
  };

  it('its method is called on the instance with the arguments', async () => {
    const products = host.app.get(Products);
    await expect(products.rename('p-1', 'Walk')).resolves.toEqual({ id: 'p-1', title: 'Walk' });
    expect(products.calls).toEqual([['p-1', 'Walk']]);
    expect(await emitted('p-1')).toEqual([{ id: 'p-1', title: 'Walk' }]);
  });

  it('its method returns a promise, whether the original does or not', async () => {
    const products = host.app.get(Products);
    for (const wait of [true, false]) {
      const pricing = products.price(`p-2/${wait}`, 5, wait);
      expect(pricing).toBeInstanceOf(Promise);
      expect(await pricing).toEqual({ id: `p-2/${wait}`, price: 5 });
      expect(await emitted(`p-2/${wait}`)).toHaveLength(1);
    }
    await expect(products.price('p-2', -1, false)).rejects.toThrow('Too cheap.');
  });

  it('sub-classes inherit the method, and may have injected properties too', async () => {
    const tours = host.app.get(Tours);
    await tours.rename('p-3', 'Tour');
    expect(await emitted('p-3')).toHaveLength(1);
    expect(tours.currency).toBe('EUR');
  });

  it('when one decorated method calls another through super, each emits', async () => {
    await host.app.get(Walks).rename('p-4', 'Tour');
    expect(await emitted('p-4')).toEqual([{ id: 'p-4', title: 'Tour (walk)' }]);
    expect(await emitted('p-4/walk')).toEqual([{ id: 'p-4', title: 'Tour (walk)' }]);
  });

  it('a method that overrides it without a decorator emits nothing', async () => {
    await host.app.get(Cruises).rename('p-5', 'Cruise');
    expect(await emitted('p-5')).toEqual([]);
  });

  it('the emitter is not among the keys of an instance', () => {
    expect(Object.keys(host.app.get(Products))).toEqual(['calls']);
  });
});

it('A method with @EmitWebhook() keeps its name, its length and what decorators on both sides have noted', () => {
  const rename = methodOf(Products);
  expect([rename.name, rename.length]).toEqual(['rename', 2]);
  const reflector = new Reflector();
  expect(['above', 'below'].map((key) => reflector.get<unknown>(key, rename))).toEqual(['noted', 'noted']);
});

it('A method with @EmitWebhook() does not run on an instance that Nest did not make', async () => {
  const products = new Products();
  const renaming = products.rename('p-1', 'Walk');
  await expect(renaming).rejects.toThrow(MissingWebhookEmitterError);
  await expect(renaming).rejects.toThrow(/Products\.rename\(\).*Let Nest make the instance/);
  await expect(renaming).rejects.toMatchObject({ className: 'Products', method: 'rename' });
  expect(products.calls).toEqual([]);
});

it('A method with @EmitWebhook() does not run in the constructor, nor without an instance', async () => {
  await expect(new TooEarly().renamed).rejects.toThrow(MissingWebhookEmitterError);
  const rename = methodOf(Products);
  await expect(rename('p-1', 'Walk')).rejects.toThrow(MissingWebhookEmitterError);
});

it('A class with @EmitWebhook() and without a WebhooksModule keeps the application from starting', async () => {
  const starting = Test.createTestingModule({ providers: [Products] }).compile();
  await expect(starting).rejects.toThrow(/can't resolve dependencies of the Products.*WebhookEmitter/s);
});
