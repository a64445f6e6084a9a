import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook as SignatureVerifier } from 'standardwebhooks';
import type { WebhookDiffOperation } from 'nestjs-octo-webhooks';

/** A delivery as the partner received it. */
export interface ReceivedDelivery {
  readonly webhookId: string;
  /** 1 for the first request with this `webhook-id`. */
  readonly attempt: number;
  readonly signatureIsValid: boolean;
  readonly answeredWith: number;
  readonly body: { event: string; booking: { status: string }; diff: WebhookDiffOperation[] };
}

/** The partner's receiver: an HTTP server that checks signatures, and fails its first request. */
export class DemoReceiver {
  readonly deliveries: ReceivedDelivery[] = [];
  /** The secret that the platform returned when the webhook was created. */
  signingSecret = '';

  private constructor(
    private readonly server: Server,
    private readonly tell: (delivery: ReceivedDelivery) => void,
  ) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const status = this.receive(request, Buffer.concat(chunks));
        response.writeHead(status).end();
      });
    });
  }

  /** @param tell called for each delivery */
  static async listen(tell: (delivery: ReceivedDelivery) => void): Promise<DemoReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DemoReceiver(server, tell);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/octo-webhooks`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private receive(request: IncomingMessage, raw: Buffer): number {
    const webhookId = String(request.headers['webhook-id']);
    const answeredWith = this.deliveries.length === 0 ? 503 : 200;
    const delivery: ReceivedDelivery = {
      webhookId,
      attempt: 1 + this.deliveries.filter((earlier) => earlier.webhookId === webhookId).length,
      signatureIsValid: this.verifies(raw, request),
      answeredWith,
      body: JSON.parse(raw.toString('utf8')) as ReceivedDelivery['body'],
    };
    this.deliveries.push(delivery);
    this.tell(delivery);
    return answeredWith;
  }

  private verifies(raw: Buffer, request: IncomingMessage): boolean {
    try {
      new SignatureVerifier(this.signingSecret).verify(raw, request.headers as Record<string, string>);
      return true;
    } catch {
      // An invalid signature is a result, not an error. The demo shows it and fails.
      return false;
    }
  }
}
