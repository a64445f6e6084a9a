import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came in. */
export interface EchoedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly webhook: Record<string, unknown> };
}

/** A receiver that answers with everything that it was sent, as debugging endpoints do. */
export class EchoingReceiver {
  readonly requests: EchoedRequest[] = [];
  /** The HTTP status of its answers. */
  status = 200;
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      this.requests.push({ headers: request.headers, body: JSON.parse(body) as EchoedRequest['body'] });
      const back = `https://${request.headers.host}${request.url}`;
      response.writeHead(this.status, { location: back });
      response.end(
        JSON.stringify({ path: request.url, headers: request.headers, body, parsed: JSON.parse(body) as unknown }),
      );
    });
  });

  /** Listens on any free port of this machine. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
