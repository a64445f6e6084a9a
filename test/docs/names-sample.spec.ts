import { expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { EmbeddedPostgres } from '../../apps/booking-platform/src/database/embedded-postgres.js';
import { useResource } from '../support/resources.js';
import { tables } from './samples/names.js';

let dataSource: DataSource;
useResource('group', async () => {
  const embedded = await EmbeddedPostgres.start(null);
  const place = { host: embedded.socketDirectory, username: 'postgres', database: 'postgres' };
  dataSource = await new DataSource({ type: 'postgres', ...place, ...tables, migrationsRun: true }).initialize();
  return async () => {
    await dataSource.destroy();
    await embedded.stop();
  };
});

it('The sample of names makes tables with the chosen prefix', async () => {
  const rows = await dataSource.query<{ tablename: string }[]>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  );
  const names = rows.map(({ tablename }) => tablename);
  expect(names).toEqual(expect.arrayContaining(['booking', 'tours_webhook', 'tours_webhook_event']));
  expect(names.filter((name) => name.startsWith('octo_'))).toEqual([]);
});
