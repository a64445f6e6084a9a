import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OctoExceptionFilter, WebhooksModule } from 'nestjs-octo-webhooks';
import type { DataSource } from 'typeorm';
import { AccountsModule } from './accounts/accounts.module.js';
import { AvailabilityModule } from './availability/availability.module.js';
import { BackofficeModule } from './backoffice/backoffice.module.js';
import { BookingsModule } from './bookings/bookings.module.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import type { Clock } from './clock.js';
import { EnvironmentModule } from './environment.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { SeedModule } from './seed/seed.module.js';
import { PLATFORM_SETTINGS, type PlatformSettings } from './settings.js';
import { PlatformWebhooksHost } from './webhooks/platform-webhooks.host.js';
import { TriggerModule } from './webhooks/trigger.module.js';

/** The whole platform. */
@Module({})
export class PlatformModule {
  /** @param http false for a process without an HTTP server */
  static with(
    settings: PlatformSettings,
    clock: Clock,
    dataSource: DataSource,
    { http = true }: { http?: boolean } = {},
  ): DynamicModule {
    return {
      module: PlatformModule,
      imports: [
        EnvironmentModule.with(settings, clock),
        // The data source is connected before the application is built, and closed with it.
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
        EventEmitterModule.forRoot({ wildcard: true }),
        ScheduleModule.forRoot(),
        WebhooksModule.forRootAsync({
          isGlobal: true,
          routes: http ? {} : false,
          host: PlatformWebhooksHost,
          imports: [AccountsModule, TriggerModule],
          inject: [PLATFORM_SETTINGS],
          useFactory: ({ webhooks }: PlatformSettings) => webhooks,
        }),
        AccountsModule,
        CatalogueModule,
        AvailabilityModule,
        BookingsModule,
        OrdersModule,
        BackofficeModule,
        SeedModule,
      ],
      // The filter is global, so that an unknown path or a body that is not JSON gets OCTO's error envelope, too.
      providers: [{ provide: APP_FILTER, useValue: new OctoExceptionFilter() }],
    };
  }
}
