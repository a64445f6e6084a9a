import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { Deadline } from './exchange.js';
import { TransportError } from './webhook-transport.js';

/** undici's connector returns the socket that is being connected, although its type does not say so. */
type SocketConnector = (...parameters: Parameters<buildConnector.connector>) => Socket;

/**
 * Makes connections, TLS included, and gives each up at its deadline. undici's own deadline may be a second late,
 * because its clock ticks twice a second. This one costs a timer for each connection, and none for requests on kept
 * ones.
 *
 * @param timeoutMs for the whole connection, including the lookup of its name
 */
export function timedConnector(options: buildConnector.BuildOptions, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ ...options, timeout: 0 }) as SocketConnector;
  return (target, callback) => {
    const socket = connect(target, (...result) => {
      deadline.cancel();
      callback(...result);
    });
    const deadline = new Deadline(timeoutMs, () => {
      const message = `No connection to ${target.hostname} within ${timeoutMs} ms.`;
      socket.destroy(new TransportError('connect_timeout', message));
    });
  };
}

/** How the certificates of receivers, and of a proxy over TLS, are verified. */
export type Verification = Pick<ConnectionOptions, 'rejectUnauthorized' | 'secureContext'>;

/**
 * Makes connections through a proxy, with CONNECT (RFC 9110 section 9.3.6), for `http` too. The proxy resolves the names.
 *
 * @param proxy with a name and password for Basic authentication, if it needs them
 * @param timeoutMs for the whole connection
 */
export function proxyConnector(proxy: URL, verification: Verification, timeoutMs: number): buildConnector.connector {
  const overTls = buildConnector({ ...verification, timeout: 0 }) as SocketConnector;
  return (target, callback) => {
    const request = connectRequest(proxy, verification, target);
    let connecting: { destroy(error: Error): unknown } = request;
    const deadline = new Deadline(timeoutMs, () => {
      const message = `No connection to ${target.hostname} through the proxy within ${timeoutMs} ms.`;
      connecting.destroy(new TransportError('connect_timeout', message));
    });
    const done: buildConnector.Callback = (...result) => {
      deadline.cancel();
      callback(...result);
    };
    request.once('error', (error) => done(error, null));
    request.once('connect', ({ statusCode = 0 }: http.IncomingMessage, socket: Socket) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        const message = `The proxy answered ${statusCode} when it was asked to connect to ${target.hostname}.`;
        done(new TransportError('connection', message), null);
      } else if (target.protocol === 'https:') {
        connecting = overTls({ ...target, httpSocket: socket }, done);
      } else {
        done(null, socket);
      }
    });
    request.end();
  };
}

function connectRequest(
  proxy: URL,
  verification: Verification,
  { host = '', port, protocol }: buildConnector.Options,
): http.ClientRequest {
  const authority = port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host;
  const { username, password } = proxy;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return (proxy.protocol === 'https:' ? https : http).request(`${proxy.protocol}//${proxy.host}`, {
    ...verification,
    // Otherwise, Node takes it from the header `host`, which names the receiver.
    servername: isIP(proxy.hostname.replace(/^\[|\]$/g, '')) === 0 ? proxy.hostname : '',
    agent: false,
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(username === '' ? {} : { 'proxy-authorization': authorization }) },
  });
}
