import { describe, expect, it } from '@jest/globals';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import { checkAddressList } from './address-list.js';
import { PublicAddressPolicy, type AddressOptions } from './public-address-policy.js';

describe('A list of addresses', () => {
  it.each([
    ...['', ' ', '10.1', '10', '0x7f.1', '10.1.0.0/33', '10.1.0.0/', '10.1.0.0/8/8', '10.1.0.0/-1', 'fd00::/129'],
    ...['::ffff:10.0.0.0/104', '::ffff:10.0.0.1', 'fe80::1%eth0', '[::1]', '*', '*.', 'a.*.example', '*example.com'],
    ...['https://example.com', 'example.com:443', 'example.com/hook', 'a@example.com', '.example.com', 'a..example'],
    ...['256.1.1.1', '*.10.0.0.1', null, 10],
  ])('refuses the entry %p, which is not an address, a range or a host name, and names it', (entry) => {
    for (const option of ['allowAddresses', 'denyAddresses']) {
      // Some have a wrong type, because a host may write its configuration in JavaScript.
      const making = () => new PublicAddressPolicy({ [option]: ['10.0.0.0/8', entry] });
      expect(making).toThrow(InvalidWebhooksOptionError);
      expect(making).toThrow(`option request.${option}[1] is ${JSON.stringify(entry)}, but must be one of`);
    }
  });

  it('refuses an option that is not a list, and names it', () => {
    expect(() => new PublicAddressPolicy({ allowAddresses: '10.0.0.0/8' } as unknown as AddressOptions)).toThrow(
      'option request.allowAddresses is "10.0.0.0/8", but must be a list',
    );
  });
});

it.each([
  ['10.0.0.1', '10.0.0.2'],
  ['fd00::1', 'fd00::2'],
])('an entry %s is that address alone, and not %s', (entry, neighbour) => {
  const allowing = new PublicAddressPolicy({ allowAddresses: [entry] });
  expect(allowing.refusal(entry, 'host.example')).toBeNull();
  expect(allowing.refusal(neighbour, 'host.example')).not.toBeNull();
  const denying = new PublicAddressPolicy({ allowPrivateAddresses: true, denyAddresses: [entry] });
  expect(denying.refusal(entry, 'host.example')).toBe(`${entry} is on the deny list`);
  expect(denying.refusal(neighbour, 'host.example')).toBeNull();
});

it('checkAddressList refuses what a policy would refuse', () => {
  expect(() => checkAddressList('request.allowAddresses', ['10.0.0.0/8', '*.example.com'])).not.toThrow();
  expect(() => checkAddressList('request.allowAddresses', ['10.0.0.0/33'])).toThrow(InvalidWebhooksOptionError);
});
