// #region ambient
import { Injectable } from '@nestjs/common';
import { Transactional, TransactionHost } from '@nestjs-cls/transactional';
import type { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { WebhookEmitter, WebhooksModule } from 'nestjs-octo-webhooks';
import { clsTransactions } from 'nestjs-octo-webhooks/cls';
import { PlatformWebhooksHost } from './platform-webhooks.host.js';
import { Booking } from './your-platform.js';

export const webhooks = WebhooksModule.forRoot({
  host: PlatformWebhooksHost,
  isGlobal: true,
  transactions: clsTransactions(),
  emission: { requireTransaction: true }, // an emit outside of any transaction is an error
});

@Injectable()
export class Redemptions {
  constructor(
    private readonly transaction: TransactionHost<TransactionalAdapterTypeOrm>,
    private readonly webhooks: WebhookEmitter,
  ) {}

  @Transactional()
  async redeem(uuid: string): Promise<void> {
    const booking = await this.transaction.tx.findOneByOrFail(Booking, { uuid });
    const before = booking.toState();
    booking.status = 'REDEEMED';
    await this.transaction.tx.save(booking);
    const { supplierId, connectionId } = booking;
    await this.webhooks.emit({
      event: 'booking_update',
      supplierId,
      connectionIds: [connectionId],
      resourceId: uuid,
      before,
      after: booking.toState(),
    }); // no manager: the transaction is found automatically
  }
}
// #endregion ambient
