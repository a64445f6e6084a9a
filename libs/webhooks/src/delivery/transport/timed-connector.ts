import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { TransportError } from './transport-error.js';

/** What undici's connector does, though its type does not tell: it hands out the socket that is being connected. */
type SocketConnector = (...parameters: Parameters<buildConnector.connector>) => Socket;

/**
 * Makes connections, TLS included, and gives one up at its deadline. undici's own deadline runs on a clock of half a second
 * and comes up to a second late; this one costs a timer for each connection, and none for requests on kept ones.
 *
 * @param timeoutMs until the connection stands, resolving the name included
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
