import { Injectable } from '@nestjs/common';
import { OctoError, WebhooksHost, type ResourceSnapshot, type WebhookView } from 'nestjs-octo-webhooks';

// #region port
/** What the library asks of your platform. */
@Injectable()
export class PlatformWebhooksHost extends WebhooksHost {
  async connectionOf(authorization: string) {
    if (authorization !== 'Bearer key-1') return null;
    return { id: 'connection-1', supplierId: 'supplier-1', capabilities: ['octo/pricing'] };
  }

  async supplier(supplierId: string) {
    return { id: supplierId, name: 'Harbour Tours' }; // what GET /supplier answers
  }

  async serialize({ state }: ResourceSnapshot, { capabilities }: WebhookView) {
    // What GET /bookings/{uuid} answers.
    return capabilities.includes('octo/pricing') ? { ...state, pricing: { retail: 2000, currency: 'USD' } } : state;
  }

  async findForTrigger(): Promise<never> {
    throw new OctoError('UNPROCESSABLE_ENTITY', 'This platform triggers nothing yet.');
  }
}
// #endregion port
