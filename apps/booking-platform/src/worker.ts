import { redactDatabaseUrl } from './database/database-url.js';
import { createWorker } from './platform-worker.js';
import { closeOnSignal, fail } from './process-end.js';
import { readSettings } from './settings.js';

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  closeOnSignal(await createWorker(settings));
  process.stdout.write(`The worker delivers from ${redactDatabaseUrl(settings.databaseUrl)}\n`);
}

main().catch(fail);
