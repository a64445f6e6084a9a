import { ScheduleModule } from '@nestjs/schedule';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { WebhooksHost, WebhooksModule } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../databases/bench-database.js';

/** @typedef {import('nestjs-octo-webhooks').ResourceSnapshot} ResourceSnapshot */
/** @typedef {import('nestjs-octo-webhooks').WebhookView} WebhookView */

/** A host that serves states as they are, and counts how often it is asked to. */
export class BenchHost extends WebhooksHost {
  /** How often each (capabilities, language, state) was serialized. @type {Map<string, number>} */
  static serialized = new Map();

  /** @override */
  connectionOf() {
    return Promise.resolve(null);
  }

  /**
   * @override
   * @param {string} id
   */
  supplier(id) {
    return Promise.resolve({ id, name: 'Harbour Walks' });
  }

  /**
   * @override
   * @param {ResourceSnapshot} resource
   * @param {WebhookView} view
   */
  serialize({ state }, { capabilities, language }) {
    const key = JSON.stringify([capabilities, language, state['status']]);
    BenchHost.serialized.set(key, (BenchHost.serialized.get(key) ?? 0) + 1);
    return Promise.resolve(state);
  }

  /** @override */
  findForTrigger() {
    return Promise.resolve([]);
  }
}

/**
 * Starts a Nest application with the built library in it, on a database that has its tables: with every option at its
 * default, except that the receiver, on this machine, may be called.
 *
 * @param {string} databaseUrl
 * @param {{ dispatch?: boolean, onDataSource?: (dataSource: DataSource) => void }} [options] whether it fans out and
 * delivers; what is told of the data source before the library sees it
 */
export async function startHost(databaseUrl, { dispatch = true, onDataSource = () => undefined } = {}) {
  class BenchApplication {}
  return NestFactory.createApplicationContext(
    {
      module: BenchApplication,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...dataSourceOptions(databaseUrl), retryAttempts: 0 }),
          dataSourceFactory: async (options) => {
            if (options === undefined) throw new Error('There are no options for the data source.');
            const dataSource = await new DataSource(options).initialize();
            onDataSource(dataSource);
            return dataSource;
          },
        }),
        ScheduleModule.forRoot(),
        WebhooksModule.forRoot({
          host: BenchHost,
          routes: false,
          isGlobal: true,
          dispatch: { enabled: dispatch },
          request: { allowPrivateAddresses: true, schemes: ['https', 'http'] },
        }),
      ],
    },
    { logger: ['error', 'fatal'] },
  );
}
