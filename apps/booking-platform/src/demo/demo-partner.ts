import { SIGNING_SECRET_HEADER } from 'nestjs-octo-webhooks';

const HARBOUR_WALK = 'e7cc8bb4-8d1c-4848-8824-5dbedb718681';
const HARBOUR_WALK_OPTION = '94cdd032-3d32-416d-b0a4-abf8b7495b8b';
const A_MONTH_MS = 30 * 24 * 3_600_000;

/** The partner's REST calls. */
export class DemoPartner {
  constructor(
    private readonly platformUrl: string,
    private readonly key: string,
  ) {}

  /** Returns the signing secret, which the platform shows only once. */
  async subscribe(url: string): Promise<string> {
    const { headers } = await this.call('POST', '/webhooks', { event: 'booking_update', url });
    const secret = headers.get(SIGNING_SECRET_HEADER);
    if (secret === null) throw new Error(`The platform sent no ${SIGNING_SECRET_HEADER} header.`);
    return secret;
  }

  /** Holds two places on the first start of a day in a month. Returns the booking's uuid. */
  async reserve(): Promise<string> {
    const day = new Date(Date.now() + A_MONTH_MS).toISOString().slice(0, 10);
    const where = { productId: HARBOUR_WALK, optionId: HARBOUR_WALK_OPTION };
    const [slot] = (await this.call('POST', '/availability', { ...where, localDate: day })).body as { id: string }[];
    const booking = await this.call('POST', '/bookings', {
      ...where,
      availabilityId: slot?.id,
      unitItems: [{ unitId: 'unit_adult' }, { unitId: 'unit_adult' }],
    });
    return (booking.body as { uuid: string }).uuid;
  }

  async confirm(uuid: string): Promise<void> {
    const contact = { fullName: 'Jane Doe', emailAddress: 'jane.doe@example.com', locales: ['en'] };
    await this.call('POST', `/bookings/${uuid}/confirm`, { contact, resellerReference: 'RES-BOOK-10045' });
  }

  async cancel(uuid: string): Promise<void> {
    await this.call('POST', `/bookings/${uuid}/cancel`, { reason: 'The guest has fallen ill.' });
  }

  private async call(method: string, path: string, body: object): Promise<{ headers: Headers; body: unknown }> {
    const response = await fetch(`${this.platformUrl}/octo${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        'content-type': 'application/json',
        'octo-capabilities': 'octo/webhooks, octo/pricing',
      },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok)
      throw new Error(`${method} ${path} was answered with ${response.status}: ${JSON.stringify(answer)}`);
    return { headers: response.headers, body: answer };
  }
}
