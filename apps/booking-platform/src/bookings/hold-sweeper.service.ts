import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource, LessThanOrEqual, type EntityManager } from 'typeorm';
import { Clock } from '../clock.js';
import { PLATFORM_SETTINGS, type PlatformSettings } from '../settings.js';
import { OrderEntity } from '../orders/record/order.entity.js';
import { OrderWriter } from '../orders/record/order-writer.service.js';
import { BookingWriter } from './booking-writer.service.js';
import { BookingEntity } from './model/booking.entity.js';
import { isOverdue } from './model/booking.rules.js';
import { BookingTermsService } from './terms/booking-terms.service.js';

const JOB = 'expire-overdue-holds';

/** The most holds, and the most orders, of one sweep. The next sweep takes the rest. */
const BATCH_SIZE = 100;

/** Expires holds and orders that were not confirmed in time. Several processes may do so at once. */
@Injectable()
export class HoldSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HoldSweeper.name);
  private running: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly terms: BookingTermsService,
    private readonly writer: BookingWriter,
    private readonly orders: OrderWriter,
    private readonly clock: Clock,
    private readonly scheduler: SchedulerRegistry,
    @Inject(PLATFORM_SETTINGS) private readonly settings: PlatformSettings,
  ) {}

  onApplicationBootstrap(): void {
    const timer = setInterval(() => {
      this.sweep().catch((error: unknown) => this.logger.error('The search for overdue holds failed.', error));
    }, this.settings.holdSweepMs);
    this.scheduler.addInterval(JOB, timer);
  }

  async onModuleDestroy(): Promise<void> {
    if (this.scheduler.doesExist('interval', JOB)) this.scheduler.deleteInterval(JOB);
    // allSettled() never rejects. A failure of the running sweep has been logged where it was started.
    await Promise.allSettled([this.running]);
  }

  /** Expires everything that is overdue. If a sweep is running, it waits for that one and starts no other. */
  sweep(): Promise<void> {
    this.running ??= this.expireOverdue().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async expireOverdue(): Promise<void> {
    const due = {
      where: { status: 'ON_HOLD' as const, utcExpiresAt: LessThanOrEqual(this.clock.now().toISOString()) },
      order: { utcExpiresAt: 'ASC' as const },
      take: BATCH_SIZE,
    };
    const { manager } = this.dataSource;
    const bookings = await manager.find(BookingEntity, { select: { uuid: true, orderId: true }, ...due });
    const orders = await manager.find(OrderEntity, { select: { id: true }, ...due });
    const ordered = bookings.map(({ orderId }) => orderId).filter((orderId) => orderId !== null);
    for (const id of new Set([...orders.map((order) => order.id), ...ordered])) {
      await this.attempt(`order ${id}`, (transaction) => this.expireInOrder(transaction, id));
    }
    for (const { uuid, orderId } of bookings) {
      if (orderId === null) await this.attempt(`hold ${uuid}`, (transaction) => this.expireHold(transaction, uuid));
    }
  }

  private async attempt(what: string, expire: (manager: EntityManager) => Promise<void>): Promise<void> {
    try {
      await this.dataSource.transaction(expire);
    } catch (error) {
      // A failure must not prevent the others from expiring.
      this.logger.error(`The ${what} could not expire; the next sweep tries again.`, error);
    }
  }

  private async expireHold(manager: EntityManager, uuid: string): Promise<void> {
    const locked = await this.writer.lock(manager, uuid);
    if (locked !== null) await this.expire(manager, locked.booking.supplierId, [locked.booking], this.clock.now());
  }

  /** Expires all overdue holds of an order at once, so that the order emits one event, with its final state. */
  private async expireInOrder(manager: EntityManager, id: string): Promise<void> {
    const order = await this.orders.lock(manager, id);
    if (order === null) return;
    const now = this.clock.now();
    const bookings = await this.orders.bookings(manager, order);
    await this.orders.track(manager, order, now, () => this.expire(manager, order.supplierId, bookings, now));
  }

  private async expire(
    manager: EntityManager,
    supplierId: string,
    bookings: readonly BookingEntity[],
    now: Date,
  ): Promise<void> {
    // Other processes may have confirmed, extended or expired some of them since they were found.
    const overdue = bookings.filter((booking) => isOverdue(booking, now));
    await this.terms.release(manager, supplierId, overdue, now);
    for (const booking of overdue) {
      await this.writer.change(manager, booking, now, () => {
        booking.status = 'EXPIRED';
      });
    }
  }
}
