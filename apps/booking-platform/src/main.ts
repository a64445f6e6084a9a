import { createPlatform, type Platform } from './platform.js';
import { SEED_KEYS, SEED_SUPPLIER_KEYS } from './seed/accounts.seed.js';
import { readSettings } from './settings.js';

async function main(): Promise<void> {
  const platform = await createPlatform(readSettings(process.env));
  try {
    process.stdout.write(welcome(await platform.listen()));
  } catch (error) {
    await platform.close();
    throw error;
  }
  closeOnSignal(platform);
}

function welcome(url: string): string {
  const [firstKey] = SEED_KEYS;
  return `
The booking platform listens at ${url}

Resellers' keys: ${SEED_KEYS.join(', ')}
Suppliers' keys: ${SEED_SUPPLIER_KEYS.join(', ')} (for ${url}/backoffice)
Try:  curl -s ${url}/octo/products -H 'Authorization: Bearer ${firstKey}' -H 'Octo-Capabilities: octo/pricing'

`;
}

/** The embedded database must stop after the application, so the signals are handled here and not by Nest. */
function closeOnSignal(platform: Platform): void {
  const close = (): void => {
    platform.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}

function fail(error: unknown): never {
  process.stderr.write(`The booking platform stops: ${oneLine(error)}\n`);
  process.exit(1);
}

/** A refused connection to several addresses is an AggregateError, whose own message is empty. */
function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(oneLine).join('; ');
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}

main().catch(fail);
