// `npm run test:octo`: runs OCTO's official validator against the example platform.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createPlatform } from '../../apps/booking-platform/src/platform.js';
import { readSettings } from '../../apps/booking-platform/src/settings.js';
import { OctoClient } from '../support/octo-client.js';
import { allPassed, report, type Flow } from './report.js';

const KEY = 'key-reseller-a';
const SUPPLIER_KEY = 'key-supplier-1';
const CAPABILITY_SETS = [[], ['octo/pricing']];

const checkout = resolve(process.env['OCTO_VALIDATOR_DIR'] ?? '');
const backend = join(checkout, 'backend');

if (existsSync(join(backend, 'node_modules'))) {
  for (const capabilities of CAPABILITY_SETS) {
    const flows = await validate(capabilities);
    process.stdout.write(`${report(`With ${capabilities.join(', ') || 'no capability'}`, flows)}\n\n`);
    if (!allPassed(flows)) process.exitCode = 1;
  }
} else {
  process.stderr.write(
    'OCTO_VALIDATOR_DIR must name a checkout of https://github.com/octotravel/validator, in whose folder backend the\n' +
      'packages are installed.\n',
  );
  process.exitCode = 1;
}

/** Runs the flows against a platform of their own, because they use up places. */
async function validate(capabilities: readonly string[]): Promise<Flow[]> {
  const settings = readSettings({ PORT: '0', DATABASE_URL: 'pglite:memory' });
  const platform = await createPlatform(settings, { logger: ['fatal'] });
  try {
    const url = await platform.listen();
    await sellOutOneDeparture(
      new OctoClient(`${url}/octo`, KEY, ''),
      new OctoClient(`${url}/backoffice`, SUPPLIER_KEY),
    );
    return await runFlows([checkout, `${url}/octo`, KEY, capabilities.join(',')]);
  } finally {
    await platform.close();
  }
}

async function runFlows(args: readonly string[]): Promise<Flow[]> {
  const child = fork(new URL('./run-flows.js', import.meta.url), args, {
    cwd: backend,
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let flows: Flow[] = [];
  child.once('message', (message: Flow[]) => {
    flows = message;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The validator ended with ${code ?? child.signalCode}.`);
  return flows;
}

/** The validator books a departure that is sold out if it finds one. */
async function sellOutOneDeparture(octo: OctoClient, backoffice: OctoClient): Promise<void> {
  const { body: products } =
    await octo.get<{ id: string; availabilityType: string; options: { id: string }[] }[]>('/products');
  const product = products.find(({ availabilityType }) => availabilityType === 'START_TIME');
  const departures = { productId: product?.id, optionId: product?.options[0]?.id };
  const localDate = new Date(Date.now() + 7 * 24 * 3_600_000).toISOString().slice(0, 10);
  const { body: slots } = await octo.post<{ id: string }[]>('/availability', { ...departures, localDate });
  const edit = { ...departures, availabilityId: slots[0]?.id, capacity: 0 };
  const { status, body } = await backoffice.patch('/availability', edit);
  if (status !== 200) throw new Error(`The departure could not be sold out: ${JSON.stringify(body)}`);
}
