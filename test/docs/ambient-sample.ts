// Runs the sample of docs/emitting.md on the MariaDB or MySQL database that is its argument, and prints the result. It is a
// process of its own because Jest cannot load @nestjs-cls/transactional on Node 20: that package require()s Nest.
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { ClsModule } from 'nestjs-cls';
import { webhookEntities, WebhookEmitter, WebhookEvent, WEBHOOK_MIGRATIONS } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { Redemptions, webhooks } from './samples/ambient.js';
import { Booking, CreateBookings1700000000000 } from './samples/your-platform.js';

const url = process.argv[2] ?? '';
const type = url.startsWith('mariadb:') ? 'mariadb' : 'mysql';

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type,
      url,
      entities: [Booking, ...webhookEntities(type)],
      migrations: [CreateBookings1700000000000, ...WEBHOOK_MIGRATIONS],
      migrationsRun: true,
    }),
    ScheduleModule.forRoot(),
    ClsModule.forRoot({
      plugins: [
        new ClsPluginTransactional({
          adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken() }),
        }),
      ],
    }),
    webhooks,
  ],
  providers: [Redemptions],
})
class SampleApplication {}

const app = await NestFactory.createApplicationContext(SampleApplication, { logger: ['fatal'] });
const { manager } = app.get(DataSource);
await manager.insert(Booking, { uuid: 'b-1', supplierId: 's-1', connectionId: 'c-1', status: 'CONFIRMED' });
await app.get(Redemptions).redeem('b-1');
const { before, after } = await manager.findOneByOrFail(WebhookEvent, { resourceId: 'b-1' });
const outside = await app
  .get(WebhookEmitter)
  .emit({ event: 'product_update', supplierId: 's-1', resourceId: 'p-1', after: {} })
  .then(
    () => 'emitted',
    (error: Error) => error.name,
  );
await app.close();
process.stdout.write(`\n${JSON.stringify({ before, after, outside })}`);
