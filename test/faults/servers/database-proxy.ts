import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection of a worker, and the one to the database that belongs to it. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A proxy between the workers and the database, which simulates faults of the network. */
export class DatabaseProxy {
  private readonly pairs = new Set<Pair>();
  private silent = false;

  private constructor(
    private readonly listener: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    listener.on('connection', (client) => this.forward(client));
  }

  /** @param databaseUrl where the database really is */
  static async listen(databaseUrl: string): Promise<DatabaseProxy> {
    const { hostname, port } = new URL(databaseUrl);
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new DatabaseProxy(listener, { host: hostname, port: Number(port) });
  }

  /** The URL of the same database through the proxy. */
  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.listener.address() as AddressInfo).port);
    return url.href;
  }

  /** Resets every connection; new ones are let through at once. */
  cut(): void {
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
    this.pairs.clear();
  }

  /** For a while it keeps connections open, and accepts new ones, but carries nothing, unnoticed by both sides. Then it resets them all. */
  async blackHole(durationMs: number): Promise<void> {
    this.silent = true;
    for (const { client, server } of this.pairs) {
      client.pause();
      server.pause();
    }
    await sleep(durationMs);
    this.silent = false;
    this.cut();
  }

  async close(): Promise<void> {
    this.listener.close();
    this.cut();
    await once(this.listener, 'close');
  }

  private forward(client: Socket): void {
    const pair = { client, server: connect(this.target) };
    const ends: readonly [Socket, Socket][] = [
      [client, pair.server],
      [pair.server, client],
    ];
    this.pairs.add(pair);
    for (const [from, to] of ends) {
      from.setNoDelay(true);
      from.on('data', (bytes) => to.write(bytes));
      // Resets are the purpose of this proxy, and 'close' reports them, too.
      from.on('error', () => undefined);
      from.on('close', () => {
        this.pairs.delete(pair);
        to.destroy();
      });
      if (this.silent) from.pause();
    }
  }
}
