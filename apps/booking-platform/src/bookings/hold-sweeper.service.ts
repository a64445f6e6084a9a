import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { DataSource, LessThanOrEqual } from 'typeorm';
import { Clock } from '../clock.js';
import { PLATFORM_SETTINGS, type PlatformSettings } from '../settings.js';
import { BookingWriter } from './booking-writer.service.js';
import { BookingEntity } from './model/booking.entity.js';
import { isOverdue } from './model/booking.rules.js';
import { BookingTermsService } from './terms/booking-terms.service.js';

const JOB = 'expire-overdue-holds';

/** Holds that one sweep looks at; the next sweep takes the rest. */
const BATCH_SIZE = 100;

/** Lets holds expire that nobody confirmed in time. Several processes may do it at once. */
@Injectable()
export class HoldSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(HoldSweeper.name);
  private running: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    private readonly terms: BookingTermsService,
    private readonly writer: BookingWriter,
    private readonly clock: Clock,
    private readonly scheduler: SchedulerRegistry,
    @Inject(PLATFORM_SETTINGS) private readonly settings: PlatformSettings,
  ) {}

  onApplicationBootstrap(): void {
    const timer = setInterval(() => {
      this.sweep().catch((error: unknown) => this.logger.error('Overdue holds could not be looked for.', error));
    }, this.settings.holdSweepMs);
    this.scheduler.addInterval(JOB, timer);
  }

  async onModuleDestroy(): Promise<void> {
    if (this.scheduler.doesExist('interval', JOB)) this.scheduler.deleteInterval(JOB);
    // What is under way ends well; its own failure has been logged where it was started.
    await this.running?.catch(() => undefined);
  }

  /** Expires what is overdue now. A sweep that is under way is joined, not doubled. */
  sweep(): Promise<void> {
    this.running ??= this.expireOverdue().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async expireOverdue(): Promise<void> {
    const overdue = await this.dataSource.manager.find(BookingEntity, {
      select: { uuid: true },
      where: { status: 'ON_HOLD', utcExpiresAt: LessThanOrEqual(this.clock.now().toISOString()) },
      order: { utcExpiresAt: 'ASC' },
      take: BATCH_SIZE,
    });
    for (const { uuid } of overdue) {
      try {
        await this.expire(uuid);
      } catch (error) {
        // One booking that fails must not keep the others on hold.
        this.logger.error(`The hold ${uuid} could not expire; the next sweep tries again.`, error);
      }
    }
  }

  private expire(uuid: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      const booking = await this.writer.lock(manager, uuid);
      const now = this.clock.now();
      // Confirmed, extended or expired by somebody else since it was found.
      if (booking === null || !isOverdue(booking, now)) return;
      await this.writer.change(manager, booking, now, async () => {
        await this.terms.release(manager, booking);
        booking.status = 'EXPIRED';
      });
    });
  }
}
