import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { waitUntil } from './wait-until.js';

/** Answers a request that was read. The first request on a connection has the number 1. */
export type Behaviour = (socket: Socket, number: number) => void;

/** A receiver that answers with whatever bytes it likes, or not at all. */
export class HostileReceiver {
  /** How many connections were made in all. */
  connections = 0;
  /** How many requests came in all. */
  requests = 0;
  private readonly sockets = new Set<Socket>();
  private sentOnClosed = 0;

  private constructor(
    private readonly server: Server,
    private readonly behaviour: Behaviour,
  ) {}

  /**
   * @param certificate key and certificate for TLS; plain TCP without them
   * @param address a loopback address
   */
  static async listen(
    behaviour: Behaviour,
    { certificate, address = '127.0.0.1' }: { certificate?: { key: string; cert: string }; address?: string } = {},
  ): Promise<HostileReceiver> {
    const server = certificate === undefined ? createTcpServer() : createTlsServer(certificate);
    const receiver = new HostileReceiver(server, behaviour);
    server.on('connection', (socket: Socket) => receiver.hold(socket));
    // A TLS server gives the decrypted stream, which is not the connection that it counts.
    server.on(certificate === undefined ? 'connection' : 'secureConnection', (socket: Socket) => receiver.read(socket));
    server.listen(0, address);
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** How many connections are open now. */
  get open(): number {
    return this.sockets.size;
  }

  /** How many bytes were handed to the system for sending, in all. */
  get sent(): number {
    return [...this.sockets].reduce((sum, socket) => sum + sentOn(socket), this.sentOnClosed);
  }

  /** Waits until the other side has closed every connection. */
  async allClosed(): Promise<void> {
    await waitUntil(
      'all connections to be closed',
      () => this.open === 0,
      () => `${this.open} are open`,
    );
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private hold(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.sentOnClosed += sentOn(socket);
    });
  }

  private read(socket: Socket): void {
    // The other side may break the connection: the tests are about that.
    socket.on('error', () => undefined);
    let unread = '';
    let number = 0;
    socket.on('data', (chunk: Buffer) => {
      unread += chunk.toString('latin1');
      for (let end = endOfRequest(unread); end !== null; end = endOfRequest(unread)) {
        unread = unread.slice(end);
        this.requests += 1;
        this.behaviour(socket, (number += 1));
      }
    });
  }
}

/** Answers with these bytes and leaves the connection open. */
export function answering(bytes: string | Buffer): Behaviour {
  return (socket) => {
    socket.write(bytes);
  };
}

/** Answers with these bytes and closes the connection. */
export function closingAfter(bytes: string | Buffer): Behaviour {
  return (socket) => {
    socket.end(bytes);
  };
}

/** Answers with these bytes and resets the connection. */
export function resettingAfter(bytes: string): Behaviour {
  return (socket) => {
    if (bytes === '') socket.resetAndDestroy();
    else socket.write(bytes, () => socket.resetAndDestroy());
  };
}

/** Sends a beginning, and then a little at a time, so that no single wait is long. */
export function dripping(beginning: string, drop: string): Behaviour {
  return (socket) => {
    socket.write(beginning);
    const timer = setInterval(() => socket.write(drop), 20);
    socket.once('close', () => clearInterval(timer));
  };
}

/** Sends a beginning, and then as many bytes as the other side takes, up to a limit. */
export function pouring(beginning: string, chunk: string, limit = Number.POSITIVE_INFINITY): Behaviour {
  return (socket) => {
    socket.write(beginning);
    const pour = () => {
      while (!socket.destroyed && socket.bytesWritten < limit && socket.write(chunk));
    };
    socket.on('drain', pour);
    pour();
  };
}

function sentOn(socket: Socket): number {
  return socket.bytesWritten - socket.writableLength;
}

/** Where the first request of a text ends, or null when it is not there as a whole. */
function endOfRequest(text: string): number | null {
  const body = text.indexOf('\r\n\r\n') + 4;
  if (body < 4) return null;
  const end = body + Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
  return text.length < end ? null : end;
}
