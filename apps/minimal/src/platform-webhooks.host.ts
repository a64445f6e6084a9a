import { Injectable } from '@nestjs/common';
import { OctoError, WebhooksHost, type ResourceSnapshot, type WebhookView } from 'nestjs-octo-webhooks';

// #region port
/** The methods that the library calls on your platform. */
@Injectable()
export class PlatformWebhooksHost extends WebhooksHost {
  async connectionOf(authorization: string) {
    if (authorization !== 'Bearer key-1') return null;
    return { id: 'connection-1', supplierId: 'supplier-1', capabilities: ['octo/pricing'] };
  }

  async supplier(supplierId: string) {
    return { id: supplierId, name: 'Harbour Tours' }; // as GET /supplier returns it
  }

  async serialize({ state }: ResourceSnapshot, { capabilities }: WebhookView) {
    // As GET /bookings/{uuid} returns it.
    return capabilities.includes('octo/pricing') ? { ...state, pricing: { retail: 2000, currency: 'USD' } } : state;
  }

  async findForTrigger(): Promise<never> {
    throw new OctoError('UNPROCESSABLE_ENTITY', 'This platform triggers nothing yet.');
  }
}
// #endregion port
