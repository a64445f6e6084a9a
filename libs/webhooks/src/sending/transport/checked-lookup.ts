import type { LookupAddress, LookupAllOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { WebhookAddressPolicy } from '../../destinations/address-policy.js';
import { addressRefused, TransportError } from './webhook-transport.js';

/** Finds all addresses of a host name, as `lookup` of `node:dns` does. */
export type HostLookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A name may have thousands of addresses, and each would be tried before an attempt fails. */
const MOST_ADDRESSES = 6;

/**
 * Resolves a name for a connection that is about to be made, and returns only addresses that may be called: of the first six,
 * taken from both families in turn. Node connects to these and does not resolve the name again, so it cannot be pointed
 * elsewhere meanwhile (SSRF by DNS rebinding).
 */
export function checkedLookup(addresses: WebhookAddressPolicy, lookup: HostLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, all) => {
      if (error !== null) {
        callback(unresolved(hostname, error), '', 0);
        return;
      }
      const found = firstOfBothFamilies(all);
      const refusals = found.map(({ address }) => addresses.refusal(address, hostname));
      const allowed = found.filter((_, index) => refusals[index] === null);
      const [first] = allowed;
      if (found.length === 0) callback(unresolved(hostname), '', 0);
      else if (first === undefined) callback(addressRefused(`${hostname}: ${refusals.join('; ')}`), '', 0);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** A family with many addresses must not displace the other, because this machine may reach only one of the two. */
function firstOfBothFamilies(all: readonly LookupAddress[]): readonly LookupAddress[] {
  if (all.length <= MOST_ADDRESSES) return all;
  const firstFamily = all[0]?.family;
  const one = all.filter(({ family }) => family === firstFamily);
  const other = all.filter(({ family }) => family !== firstFamily);
  return one
    .flatMap((address, index) => [address, ...other.slice(index, index + 1)])
    .concat(other.slice(one.length))
    .slice(0, MOST_ADDRESSES);
}

function unresolved(hostname: string, cause?: Error): TransportError {
  return new TransportError('dns', `${hostname} could not be resolved: ${cause?.message ?? 'it has no address'}`, {
    cause,
  });
}
