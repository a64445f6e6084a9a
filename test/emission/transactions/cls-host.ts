import { Module } from '@nestjs/common';
import { ClsPluginTransactional, TransactionHost, type Propagation } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { ClsModule } from 'nestjs-cls';
import type { WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { clsTransactions } from 'nestjs-octo-webhooks/cls';
import type { DataSource } from 'typeorm';
import { startTestHost } from '../../support/test-host.js';
import { Player, type Scenario } from './scenarios.js';

/** A request of the test to this process, which answers with the same `id`. */
export type ClsHostRequest = { readonly id: number } & (
  | { readonly ask: 'play'; readonly scenario: Scenario }
  | { readonly ask: 'subscribe'; readonly url: string }
  | { readonly ask: 'close' }
);

const OTHER = 'other';

const [databaseUrl = '', options = '{}', connectionName] = process.argv.slice(2);

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      name: OTHER,
      inject: [getDataSourceToken()],
      useFactory: ({ options: own }: DataSource) => ({ ...own, entities: [], migrations: [] }),
    }),
    ClsModule.forRoot({
      plugins: [
        new ClsPluginTransactional({
          adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken() }),
        }),
        new ClsPluginTransactional({
          connectionName: OTHER,
          adapter: new TransactionalAdapterTypeOrm({ dataSourceToken: getDataSourceToken(OTHER) }),
        }),
      ],
    }),
  ],
})
class Transactions {}

const running = await startTestHost(databaseUrl, JSON.parse(options) as WebhooksModuleOptions, undefined, {
  imports: [Transactions],
  extras: { transactions: clsTransactions(connectionName) },
});
const player = new Player({
  running,
  transaction: (propagation, work) => TransactionHost.getInstance().withTransaction(propagation as Propagation, work),
  otherTransaction: (work) => TransactionHost.getInstance(OTHER).withTransaction(work),
});

async function answer(request: ClsHostRequest): Promise<unknown> {
  switch (request.ask) {
    case 'play':
      return player.play(request.scenario);
    case 'subscribe':
      return running.subscribe({ url: request.url });
    case 'close':
      return running.close();
  }
}

process.on('message', (request: ClsHostRequest) => {
  answer(request).then(
    (result) => process.send?.({ id: request.id, result }),
    (error: unknown) => process.send?.({ id: request.id, error: String(error) }),
  );
});
process.send?.({ id: 0 });
