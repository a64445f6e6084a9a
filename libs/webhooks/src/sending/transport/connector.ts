import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { WebhookAddressPolicy } from '../../destinations/address-policy.js';
import { addressRefused, TransportError } from './webhook-transport.js';

/** Finds all addresses of a host name, as `lookup` of `node:dns` does. */
export type HostLookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * Resolves a name for a connection that is about to be made, and returns only addresses that may be called. Node connects
 * to these and does not resolve the name again, so it cannot be pointed elsewhere meanwhile (SSRF by DNS rebinding).
 */
export function checkedLookup(addresses: WebhookAddressPolicy, lookup: HostLookup = dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(unresolved(hostname, error), '', 0);
        return;
      }
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

function unresolved(hostname: string, cause?: Error): TransportError {
  return new TransportError('dns', `${hostname} could not be resolved: ${cause?.message ?? 'it has no address'}`, {
    cause,
  });
}

/** undici's connector returns the socket that is being connected, although its type does not say so. */
type SocketConnector = (...parameters: Parameters<buildConnector.connector>) => Socket;

/**
 * Makes connections, TLS included, and gives each up at its deadline. undici's own deadline may be a second late, because its
 * clock ticks twice a second. This one costs a timer for each connection, and none for requests on kept ones.
 *
 * @param timeoutMs for the whole connection, resolving the name included
 */
export function timedConnector(options: buildConnector.BuildOptions, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ ...options, timeout: 0 }) as SocketConnector;
  return (target, callback) => {
    const socket = connect(target, (...result) => {
      clearTimeout(deadline);
      callback(...result);
    });
    const deadline = setTimeout(() => {
      const message = `No connection to ${target.hostname} within ${timeoutMs} ms.`;
      socket.destroy(new TransportError('connect_timeout', message));
    }, timeoutMs);
  };
}
