import { createPlatform } from './platform.js';
import { closeOnSignal, fail } from './process-end.js';
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

main().catch(fail);
