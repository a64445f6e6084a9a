import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { TransportError } from './webhook-transport.js';

/**
 * Room for what undici does not count: status line, interim responses, and the sizes and extensions of chunks. A body of
 * 16 KiB may even come in chunks of one byte.
 */
const FRAMING_BYTES = 64 * 1024;

/** The most bytes that are read for one response. */
export function mostReadBytes(maxHeaderBytes: number, maxResponseBytes: number): number {
  return maxHeaderBytes + maxResponseBytes + FRAMING_BYTES;
}

/** Bounds the bytes that are read on a connection for each exchange. Over TLS, these are the decrypted bytes. */
export class ReadLimit {
  private socket: Socket | null = null;
  private readBefore = 0;

  /** @param mostBytes for one exchange. What has come together is read together, so it may be exceeded by one read */
  constructor(private readonly mostBytes: number) {}

  /** Begins an exchange. */
  restart(): void {
    this.readBefore = this.socket?.bytesRead ?? 0;
  }

  /** A connector whose connections are closed when an exchange exceeds the limit. */
  on(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) => {
      connect(target, (...result) => {
        callback(...result);
        const [error, socket] = result;
        // undici listens now, so it has parsed what has come before it is judged: a long body is no failure.
        if (error === null && socket !== null) this.watch(socket);
      });
    };
  }

  private watch(socket: Socket): void {
    this.socket = socket;
    this.restart();
    socket.on('readable', () => {
      if (socket.bytesRead - this.readBefore <= this.mostBytes) return;
      const message = `Aborted: more than ${this.mostBytes} bytes came, and the response had not ended.`;
      socket.destroy(new TransportError('protocol', message));
    });
  }
}
