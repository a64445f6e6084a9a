import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Injectable, type DynamicModule, type INestApplication } from '@nestjs/common';
import { SchedulerRegistry, ScheduleModule } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  InvalidWebhooksOptionError,
  TransactionRequiredError,
  webhookEntities,
  WebhookEmitter,
  WebhooksModule,
  WEBHOOK_MIGRATIONS,
  WEBHOOKS_POLL,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';
import { startDatabase, type RunningDatabase } from '../../apps/booking-platform/src/database/running-database.js';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { bookingChange, TestWebhooksHost } from '../support/test-host.js';
import { ConfigModule, ConfigService } from './your-config.js';

const host = TestWebhooksHost;

@Injectable()
class OptionsFromConfig {
  constructor(private readonly config: ConfigService) {}

  createWebhooksOptions(): WebhooksModuleOptions {
    return { dispatch: { pollMs: this.config.time }, emission: { requireTransaction: true } };
  }
}

class MisspeltOptions {
  createWebhooksOptions(): WebhooksModuleOptions {
    const dispatch = { enabled: true, polMs: 100 };
    return { dispatch };
  }
}

describeOnDatabases(
  'Options of forRootAsync',
  (kind) => {
    let database: TestDatabase;
    let running: RunningDatabase;

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      running = await startDatabase(database.url, (type) => ({
        entities: webhookEntities(type),
        migrations: WEBHOOK_MIGRATIONS,
      }));
    });
    afterAll(async () => {
      await running.stop();
      await database.drop();
    });

    const start = async (webhooks: DynamicModule): Promise<INestApplication> => {
      const { options } = running.dataSource;
      const imports = [TypeOrmModule.forRoot({ ...options, retryAttempts: 0 }), ScheduleModule.forRoot(), webhooks];
      const testing = await Test.createTestingModule({ imports }).compile();
      const app = testing.createNestApplication({ logger: false });
      return app.init();
    };

    it.each<[string, () => DynamicModule]>([
      [
        'a class with createWebhooksOptions',
        () => WebhooksModule.forRootAsync({ host, imports: [ConfigModule], useClass: OptionsFromConfig }),
      ],
      [
        'a factory',
        () =>
          WebhooksModule.forRootAsync({
            host,
            imports: [ConfigModule],
            inject: [ConfigService],
            useFactory: (config: ConfigService) => new OptionsFromConfig(config).createWebhooksOptions(),
          }),
      ],
    ])('of %s are in force in the running module', async (_, webhooks) => {
      const app = await start(webhooks());
      const poll: unknown = app.get(SchedulerRegistry).getInterval(WEBHOOKS_POLL);
      expect(poll).toMatchObject({ _repeat: 75 });
      const emitting = app.get(WebhookEmitter).emit(bookingChange('b-1', null, 'ON_HOLD'));
      await expect(emitting).rejects.toThrow(TransactionRequiredError);
      await app.close();
    });

    it.each<[string, () => DynamicModule]>([
      ['a class', () => WebhooksModule.forRootAsync({ host, useClass: MisspeltOptions })],
      [
        'a factory',
        () => WebhooksModule.forRootAsync({ host, useFactory: () => new MisspeltOptions().createWebhooksOptions() }),
      ],
    ])(
      'of %s with an unknown name keep the application from starting, with the nearest known name',
      async (_, webhooks) => {
        const starting = start(webhooks());
        await expect(starting).rejects.toThrow(InvalidWebhooksOptionError);
        await expect(starting).rejects.toThrow('there is no option dispatch.polMs. Did you mean dispatch.pollMs?');
      },
    );
  },
  ['PostgreSQL'],
);
