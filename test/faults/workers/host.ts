import { ConsoleLogger, Inject, Module, type INestApplicationContext, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  WEBHOOK_MIGRATIONS,
  webhookEntities,
  WebhooksHost,
  WebhooksModule,
  type JsonObject,
  type OctoConnection,
  type TriggerMatch,
  type ResourceSnapshot,
} from 'nestjs-octo-webhooks';
import type { DataSourceOptions } from 'typeorm';
import { RETRIES, TIMES } from '../settings.js';
import { HostChange, HostResource } from './host-tables.js';
import { LOCAL_REQUESTS } from '../../support/local-requests.js';

/** Serves states as they are. */
class FaultTestHost extends WebhooksHost {
  connectionOf(): Promise<OctoConnection | null> {
    return Promise.resolve(null);
  }

  supplier(id: string): Promise<JsonObject> {
    return Promise.resolve({ id, name: 'The supplier' });
  }

  serialize({ state }: ResourceSnapshot): Promise<JsonObject> {
    return Promise.resolve(state);
  }

  findForTrigger(): Promise<readonly TriggerMatch[]> {
    return Promise.resolve([]);
  }
}

/** The data source of a host, with a time-out for connections, as every host should have. */
export function dataSourceOptions(url: string): DataSourceOptions {
  const common = { url, poolSize: 10, migrations: WEBHOOK_MIGRATIONS };
  const entities = [HostResource, HostChange];
  const [type] = url.split(':');
  return type === 'mysql' || type === 'mariadb'
    ? { type, ...common, entities: [...webhookEntities(type), ...entities], connectTimeout: 2000 }
    : { type: 'postgres', ...common, entities: [...webhookEntities('postgres'), ...entities], connectTimeoutMS: 2000 };
}

/**
 * A host application with nothing but the library and two tables. One that dispatches logs JSON lines to its output.
 *
 * @param dispatches whether it fans out and delivers
 * @param prepare sees the application when it is complete and before it begins to deliver
 */
export async function startHost(
  databaseUrl: string,
  { dispatches, prepare }: { readonly dispatches: boolean; readonly prepare?: (parts: ModuleRef) => void },
): Promise<INestApplicationContext> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...dataSourceOptions(databaseUrl), retryAttempts: 100, retryDelay: 200 }),
      ScheduleModule.forRoot(),
      WebhooksModule.forRoot({
        host: FaultTestHost,
        routes: false,
        dispatch: { enabled: dispatches, pollMs: TIMES.pollMs, leaseMs: TIMES.leaseMs, concurrency: 16 },
        request: { ...LOCAL_REQUESTS, timeoutMs: TIMES.requestTimeoutMs },
        circuit: { firstOpenMs: TIMES.circuitOpenMs, maxOpenMs: 2 * TIMES.circuitOpenMs },
        retry: { delaysMs: Array.from({ length: RETRIES }, () => TIMES.retryDelayMs) },
      }),
    ],
  })
  class FaultTestApplication implements OnModuleInit {
    constructor(@Inject(ModuleRef) private readonly parts: ModuleRef) {}

    onModuleInit(): void {
      prepare?.(this.parts);
    }
  }

  return NestFactory.createApplicationContext(FaultTestApplication, {
    logger: dispatches && new ConsoleLogger({ json: true, logLevels: ['fatal', 'error', 'warn', 'log'] }),
  });
}
