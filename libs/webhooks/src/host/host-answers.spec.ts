import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../octo/json.js';
import { checkedConnection, checkedIds, checkedObject, InvalidHostAnswerError } from './host-answers.js';

const connection = { id: 'c', supplierId: 's', capabilities: [] };

describe('A connection of the host', () => {
  it('is taken as it is when its ids can be stored', () => {
    expect(checkedConnection(connection)).toBe(connection);
  });

  it.each(['id', 'supplierId'] as const)('is refused, with the name of the field, for a wrong %s', (field) => {
    const check = () => checkedConnection({ ...connection, [field]: 'a ' });
    expect(check).toThrow(InvalidHostAnswerError);
    expect(check).toThrow(
      `octo-webhooks: the answer of connectionOf() has the wrong ${field}, which must be a text of 1 to 191 characters`,
    );
  });
});

describe('An object of the host', () => {
  it('is taken in the form that is sent', () => {
    const answer = { at: new Date(0), nothing: undefined, list: [undefined] } as unknown as JsonObject;
    expect(checkedObject('serialize', answer)).toStrictEqual({ at: '1970-01-01T00:00:00.000Z', list: [null] });
  });

  it.each([undefined, null, [], 'text', () => null, new Date(0), { toJSON: () => 1 }])('cannot be %p', (answer) => {
    const check = () => checkedObject('supplier', answer as unknown as JsonObject);
    expect(check).toThrow('octo-webhooks: the answer of supplier() must be a JSON object.');
    expect(check).toThrow(expect.objectContaining({ method: 'supplier', problem: 'must be a JSON object' }));
  });
});

describe('A list of ids of the host', () => {
  it('is taken as a set', () => {
    expect(checkedIds('standingConnections', ['a', 'b'])).toEqual(new Set(['a', 'b']));
    expect(checkedIds('standingConnections', [])).toEqual(new Set());
  });

  it.each([undefined, null, 'a', {}, [1], ['a', null]])('is refused when it is %j', (answer) => {
    expect(() => checkedIds('standingConnections', answer)).toThrow(
      new InvalidHostAnswerError('standingConnections', 'must be a list of ids'),
    );
  });
});
