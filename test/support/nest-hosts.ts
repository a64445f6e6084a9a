import { Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  webhookEntities,
  WEBHOOK_MIGRATIONS,
  WebhooksModule,
  type WebhooksModuleExtras,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';
import { startDatabase, type RunningDatabase } from '../../apps/booking-platform/src/database/running-database.js';
import type { DatabaseKind } from './database-servers.js';
import { useTestDatabase } from './each-database.js';
import { useClosing, useResource } from './resources.js';
import { TestWebhooksHost } from './test-host.js';

/** What a host has in its `main.ts` and in its root module, besides the library. */
export interface NestHostParts extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  readonly webhooks?: Partial<WebhooksModuleExtras> & WebhooksModuleOptions;
  /** What `main.ts` does before `listen`. */
  readonly prepare?: (app: INestApplication) => void;
}

/** Makes Nest applications as their `main.ts` does, which serve the API and deliver nothing. They share a database. */
export function useNestHosts(kind: DatabaseKind): (parts?: NestHostParts) => Promise<string> {
  const database = useTestDatabase(kind);
  let running: RunningDatabase;
  useResource('group', async () => {
    running = await startDatabase(database.url, (type) => ({
      entities: webhookEntities(type),
      migrations: WEBHOOK_MIGRATIONS,
    }));
    return () => running.stop();
  });
  const closing = useClosing();
  return async ({ webhooks, prepare, ...parts } = {}) => {
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...running.dataSource.options, retryAttempts: 0 }),
        ScheduleModule.forRoot(),
        WebhooksModule.forRoot({ dispatch: { enabled: false }, host: TestWebhooksHost, ...webhooks }),
        ...(parts.imports ?? []),
      ],
      controllers: parts.controllers ?? [],
      providers: parts.providers ?? [],
    })
    class HostApplication {}
    const app = closing(await NestFactory.create(HostApplication, { logger: false, abortOnError: false }));
    prepare?.(app);
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  };
}
