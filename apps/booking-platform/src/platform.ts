import type { AddressInfo, Server } from 'node:net';
import type { INestApplication, LoggerService, LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SystemClock, type Clock } from './clock.js';
import { startDatabase, type RunningDatabase } from './database/running-database.js';
import { PlatformModule } from './platform.module.js';
import { platformSchema } from './platform.schema.js';
import type { PlatformSettings } from './settings.js';

/** What a test or a demo may replace. */
export interface PlatformOverrides {
  readonly clock?: Clock;
  readonly logger?: LoggerService | LogLevel[] | false;
}

/** A platform with its database up, its tables made and its example data in place. */
export class Platform {
  constructor(
    /** Initialised; it serves HTTP after `listen()`. */
    readonly app: INestApplication,
    private readonly settings: PlatformSettings,
    private readonly database: RunningDatabase,
  ) {}

  /** Opens the port. Returns the base URL, such as `http://127.0.0.1:3000`. */
  async listen(): Promise<string> {
    await this.app.listen(this.settings.port, this.settings.host);
    return this.url;
  }

  /** The base URL, after `listen()`. */
  get url(): string {
    const server = this.app.getHttpServer() as Server;
    const address = server.address() as AddressInfo | null;
    if (address === null) throw new Error('The platform does not listen yet: call listen() first.');
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  /** Stops the application, and then the database that was started with it. */
  async close(): Promise<void> {
    try {
      await this.app.close();
    } finally {
      await this.database.stop();
    }
  }
}

/** Builds the platform: database, tables, application, example data. */
export async function createPlatform(
  settings: PlatformSettings,
  { clock = new SystemClock(), logger }: PlatformOverrides = {},
): Promise<Platform> {
  const database = await startDatabase(settings.databaseUrl, platformSchema);
  try {
    const app = await NestFactory.create(PlatformModule.with(settings, clock, database.dataSource), {
      abortOnError: false,
      ...(logger === undefined ? {} : { logger }),
    });
    try {
      await app.init();
    } catch (error) {
      await app.close();
      throw error;
    }
    return new Platform(app, settings, database);
  } catch (error) {
    await database.stop();
    throw error;
  }
}
