import { Injectable } from '@nestjs/common';
import { DeliveryCancellations } from '../deliveries/cancel.js';
import { Retention } from './retention.js';

/** Cancels the deliveries of inactive webhooks, and removes old rows. Any number of processes may do so at once. */
@Injectable()
export class Maintenance {
  constructor(
    private readonly cancellation: DeliveryCancellations,
    private readonly retention: Retention,
  ) {}

  /**
   * Takes one small step: a batch of deliveries cancelled, a page of old rows removed.
   *
   * @returns whether there is more to do at once
   */
  async run(): Promise<boolean> {
    const cancelled = await this.cancellation.run();
    const sweeping = await this.retention.run();
    return cancelled || sweeping;
  }
}
