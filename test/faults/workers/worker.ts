// A process of the host: it makes changes and delivers them until it is stopped or killed. Its arguments are its name, the
// database's URL and the file of its journal.
import { WebhookEmitter, WebhookTransport } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { ChangeMaker } from './change-maker.js';
import type { FaultPoint } from './fault-point.js';
import { FaultPoints } from './fault-points.js';
import { startHost } from './host.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { WorkerJournal } from './worker-journal.js';
import { watchStatements } from './watched-statements.js';

/** An order of the harness to a worker. */
export type WorkerOrder = { readonly arm: FaultPoint } | { readonly makeChanges: boolean } | { readonly stop: true };

const [name = '', databaseUrl = '', journalFile = ''] = process.argv.slice(2);
const journal = new WorkerJournal(journalFile);
const points = new FaultPoints(journal);
const inFlight = new RequestsInFlight(name, journal, points);

const app = await startHost(databaseUrl, {
  dispatches: true,
  prepare: (parts) => {
    inFlight.watch(parts.get(WebhookTransport, { strict: false }));
    watchStatements(parts.get(DataSource, { strict: false }), points, inFlight);
  },
});
const changes = new ChangeMaker(app.get(DataSource), app.get(WebhookEmitter), journal);

process.on('message', (order: WorkerOrder) => {
  if ('arm' in order) points.arm(order.arm);
  else if ('makeChanges' in order) changes.active = order.makeChanges;
  else
    app.close().then(
      () => process.exit(),
      () => process.exit(1),
    );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
await changes.run();
