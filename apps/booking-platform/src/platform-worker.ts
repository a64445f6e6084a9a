import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { parseDatabaseUrl } from './database/database-url.js';
import { PlatformModule } from './platform.module.js';
import { RunningApplication, startApplication, type PlatformOverrides } from './running-application.js';
import { InvalidSettingError, type PlatformSettings } from './settings.js';

/** A process that fans out, delivers and expires holds, without HTTP. */
export type PlatformWorker = RunningApplication<INestApplicationContext>;

/**
 * Starts a worker. It ignores `WEBHOOKS_DISPATCH` and always delivers, so it can have the same environment as the
 * processes that serve the API.
 *
 * @throws InvalidSettingError when the database is the embedded one
 */
export async function createWorker(
  settings: PlatformSettings,
  overrides: PlatformOverrides = {},
): Promise<PlatformWorker> {
  if (parseDatabaseUrl(settings.databaseUrl).kind === 'embedded') {
    throw new InvalidSettingError(
      'DATABASE_URL',
      settings.databaseUrl,
      'the URL of a database server (mysql://, mariadb:// or postgres://) for a worker: ' +
        'the embedded database belongs to one process, which serves the API and delivers',
    );
  }
  const delivering = {
    ...settings,
    webhooks: { ...settings.webhooks, dispatch: { ...settings.webhooks.dispatch, enabled: true } },
  };
  const { app, database } = await startApplication(delivering, overrides, (dataSource, clock, options) =>
    NestFactory.createApplicationContext(PlatformModule.with(delivering, clock, dataSource, { http: false }), options),
  );
  return new RunningApplication(app, delivering, database);
}
