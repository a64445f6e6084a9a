import type { INestApplicationContext, LoggerService, LogLevel, NestApplicationOptions } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { SystemClock, type Clock } from './clock.js';
import { startDatabase, type RunningDatabase } from './database/running-database.js';
import { platformSchema } from './platform.schema.js';
import type { PlatformSettings } from './settings.js';

/** The parts that a test or a demo may replace. */
export interface PlatformOverrides {
  readonly clock?: Clock;
  readonly logger?: LoggerService | LogLevel[] | false;
}

/** A running application with its database, tables and example data. */
export class RunningApplication<App extends INestApplicationContext> {
  constructor(
    /** Initialised. */
    readonly app: App,
    protected readonly settings: PlatformSettings,
    protected readonly database: RunningDatabase,
  ) {}

  /** Stops the application, and then its database. */
  async close(): Promise<void> {
    try {
      await this.app.close();
    } finally {
      await this.database.stop();
    }
  }
}

/** Creates and initialises the Nest application of a process. */
export type BuildApplication<App> = (
  dataSource: DataSource,
  clock: Clock,
  options: Pick<NestApplicationOptions, 'abortOnError' | 'logger'>,
) => Promise<App>;

/** Starts the database and then the application. If the application cannot start, the database is stopped. */
export async function startApplication<App extends INestApplicationContext>(
  settings: PlatformSettings,
  { clock = new SystemClock(), logger }: PlatformOverrides,
  build: BuildApplication<App>,
): Promise<{ app: App; database: RunningDatabase }> {
  const database = await startDatabase(settings.databaseUrl, platformSchema);
  try {
    const options = { abortOnError: false, ...(logger === undefined ? {} : { logger }) };
    return { app: await build(database.dataSource, clock, options), database };
  } catch (error) {
    await database.stop();
    throw error;
  }
}
