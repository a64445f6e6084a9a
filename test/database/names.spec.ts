import { expect, it } from '@jest/globals';
import { webhookEntities, webhookMigrations, type WebhookTableOptions } from 'nestjs-octo-webhooks';
import { Column, Entity, Index, PrimaryColumn, type DataSourceOptions } from 'typeorm';
import { describeOnServers, useTestDatabase } from '../support/each-database.js';
import { LoudNames } from '../support/loud-names.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, type HostParts } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';

type Names = Pick<DataSourceOptions, 'entityPrefix' | 'namingStrategy' | 'migrationsTableName'> & WebhookTableOptions;

/** A host whose tables have these names. Its migrations run when its data source is initialized. */
function named({ tablePrefix, ...names }: Names): HostParts {
  const options = tablePrefix === undefined ? {} : { tablePrefix };
  return {
    dataSourceOptions: (others) => {
      const { type } = others;
      if (type !== 'postgres' && type !== 'mysql' && type !== 'mariadb') throw new Error(`Not expected: ${type}`);
      const migrations = webhookMigrations(options);
      return Object.assign(others, names, {
        entities: webhookEntities(type, options),
        migrations,
        migrationsRun: true,
      });
    },
  };
}

const HOSTS: [what: string, names: Names][] = [
  ['an entityPrefix', { entityPrefix: 'a_', migrationsTableName: 'a_migrations' }],
  ['another entityPrefix', { entityPrefix: 'b_', migrationsTableName: 'b_migrations' }],
  ['a tablePrefix', { tablePrefix: 'tours_' }],
  [
    'an entityPrefix and a tablePrefix',
    { entityPrefix: 'a_', tablePrefix: 'tours_', migrationsTableName: 'c_migrations' },
  ],
  [
    'a naming strategy that changes given names',
    { namingStrategy: new LoudNames(), migrationsTableName: 'd_migrations' },
  ],
];

/** An entity of a host that receives webhooks itself. Its class has the name of one of the library's. */
@Entity('webhook_event')
@Index('webhook_event_id_idx', ['type'])
class WebhookEvent {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', length: 40 })
  type!: string;
}

/** All are in one database, where a host without any of these names has its tables, too. */
describeOnServers('A host with names of its own, beside others in one schema', (kind) => {
  const receiver = useReceiver();
  const database = useTestDatabase(kind);
  const hosts = useTestHosts(database);

  it.each(HOSTS)('%s: its partners get every change, in order, and nothing of the others', async (_, names) => {
    receiver.answerNext(500);
    const host = await hosts.start({}, named(names));
    const { id } = await host.subscribe({ url: receiver.url() });
    expect(await host.webhooks.list(CONNECTIONS.a)).toHaveLength(1);
    for (const [before, after] of [
      [null, 'ON_HOLD'],
      ['ON_HOLD', 'CONFIRMED'],
    ] as const) {
      await host.emitter.emit(bookingChange('booking-1', before, after));
    }
    const { before: _before, ...cancelled } = bookingChange('booking-1', null, 'CANCELLED');
    await host.emitter.emit(cancelled);
    const requests = await receiver.received(4);
    expect(requests.map(({ body }) => body.booking?.['status'])).toEqual([
      'ON_HOLD',
      'ON_HOLD',
      'CONFIRMED',
      'CANCELLED',
    ]);
    expect(requests[3]?.body.diff).toEqual([{ op: 'replace', path: '/status', was: 'CONFIRMED', value: 'CANCELLED' }]);
    await host.webhooks.delete(CONNECTIONS.a, id);
  });

  it('a host whose own entity has the class name of one of ours keeps both', async () => {
    const host = await hosts.start({}, { entities: [WebhookEvent] });
    await host.subscribe({ url: receiver.url() });
    await host.dataSource.getRepository(WebhookEvent).save({ id: 1, type: 'invoice.paid' });
    await host.emitter.emit(bookingChange('booking-1', null, 'ON_HOLD'));
    await receiver.received(1);
    expect(await host.dataSource.getRepository(WebhookEvent).find()).toEqual([{ id: 1, type: 'invoice.paid' }]);
  });

  it('a host that already has a table, a column and an index of ours by name chooses others', async () => {
    const plain = await hosts.start();
    await plain.dataSource.query('CREATE TABLE own_webhook_event (id INT PRIMARY KEY, type VARCHAR(40))');
    await plain.dataSource.query('CREATE INDEX own_webhook_event_id_idx ON own_webhook_event (type)');
    await expect(hosts.start({}, named({ tablePrefix: 'own_' }))).rejects.toThrow(
      /own_webhook_event.*\{ tablePrefix \}/,
    );
    await expect(hosts.start({}, named({ tablePrefix: 'other_' }))).resolves.toBeDefined();
  });
});
