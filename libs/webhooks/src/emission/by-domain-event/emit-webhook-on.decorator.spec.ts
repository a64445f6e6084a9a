import { describe, expect, it } from '@jest/globals';
import { InvalidWebhookMethodError } from '../../webhooks.errors.js';
import type { ProductChange } from '../webhook-change.js';
import { EmitWebhookOn, webhookEventNamesOf } from './emit-webhook-on.decorator.js';

const change: ProductChange = { event: 'product_update', supplierId: 's', resourceId: 'p', after: {} };

const namesOf = ({ prototype }: { prototype: object }, method: string): readonly string[] =>
  webhookEventNamesOf(Reflect.get(prototype, method) as object);

describe('EmitWebhookOn', () => {
  it('collects the names of several decorators on a method, and no others', () => {
    class Mapping {
      @EmitWebhookOn('a', 'b')
      @EmitWebhookOn('c')
      marked(): ProductChange {
        return change;
      }

      unmarked(): ProductChange {
        return change;
      }
    }
    expect([...namesOf(Mapping, 'marked')].sort()).toEqual(['a', 'b', 'c']);
    expect(namesOf(Mapping, 'unmarked')).toEqual([]);
  });

  it.each([
    ['one empty name', ['']],
    ['an empty name among others', ['a', '']],
  ] as [string, [string]][])('refuses %s while the class is declared', (_, names) => {
    const declare = () => {
      class Mapping {
        @EmitWebhookOn(...names)
        changed(): ProductChange {
          return change;
        }
      }
      return Mapping;
    };
    expect(declare).toThrow(InvalidWebhookMethodError);
    expect(declare).toThrow('Mapping.changed');
  });

  it('refuses a getter, which is not a method', () => {
    const declare = () => {
      class Mapping {
        @EmitWebhookOn('a')
        get changed(): () => ProductChange {
          return () => change;
        }
      }
      return Mapping;
    };
    expect(declare).toThrow('Mapping.changed is marked with @EmitWebhookOn, but is not a method');
  });

  it('accepts only methods that return changes: the compiler refuses others', () => {
    class Mapping {
      @EmitWebhookOn('a')
      list(): readonly ProductChange[] {
        return [change];
      }

      @EmitWebhookOn('a')
      async later(_argument: { id: string }): Promise<ProductChange | null | undefined> {
        return null;
      }

      // @ts-expect-error -- a text is not a change
      @EmitWebhookOn('a')
      text(): string {
        return '';
      }

      // @ts-expect-error -- a method that returns nothing is most likely a mistake
      @EmitWebhookOn('a')
      nothing(): void {}

      // @ts-expect-error -- a change without its resource
      @EmitWebhookOn('a')
      half(): { event: 'product_update' } {
        return { event: 'product_update' };
      }

      // @ts-expect-error -- without a name
      @EmitWebhookOn()
      nameless(): ProductChange {
        return change;
      }
    }
    expect(namesOf(Mapping, 'later')).toEqual(['a']);
  });
});
