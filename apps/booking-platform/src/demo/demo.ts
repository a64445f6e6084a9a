import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPlatform } from '../platform.js';
import { SEED_KEYS } from '../seed/accounts.seed.js';
import { readSettings } from '../settings.js';
import { DemoPartner } from './demo-partner.js';
import { DemoReceiver, type ReceivedDelivery } from './demo-receiver.js';
import { expectedOf, describeDelivery } from './demo-report.js';

/** The longest wait for a request before the demo fails. */
const GIVE_UP_AFTER_MS = 30_000;

/** The last line of a demo that kept its promises. */
const READ_NEXT = 'Read next: "Use it in your platform" in README.md';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<boolean> {
  say('Starting the booking platform on an embedded database, in memory …');
  const settings = readSettings({
    PORT: '0',
    DATABASE_URL: 'pglite:memory',
    WEBHOOKS_ALLOW_PRIVATE: 'true',
    WEBHOOKS_ALLOW_HTTP: 'true',
    WEBHOOKS_RETRY_SCHEDULE: '1s,2s,5s',
    // A new key is enough here, because the database ends with the process. A platform keeps its keys.
    WEBHOOKS_ENCRYPTION_KEYS: `demo:${randomBytes(32).toString('base64')}`,
  });
  const platform = await createPlatform(settings, { logger: ['error', 'warn'] });
  const receiver = await DemoReceiver.listen((delivery) => say(describeDelivery(delivery)));
  try {
    const url = await platform.listen();
    say(`The platform listens at ${url}, the partner's receiver at ${receiver.url}\n`);
    await playThrough(new DemoPartner(url, SEED_KEYS[0]), receiver);
    return report(receiver.deliveries);
  } finally {
    await platform.close();
    await receiver.close();
  }
}

async function playThrough(partner: DemoPartner, receiver: DemoReceiver): Promise<void> {
  say('Partner: POST /octo/webhooks { event: "booking_update" }');
  receiver.signingSecret = await partner.subscribe(receiver.url);

  say('Partner: POST /octo/bookings (the receiver will fail its first request)');
  const uuid = await partner.reserve();
  await received(receiver, 2);

  say('Partner: POST /octo/bookings/{uuid}/confirm');
  await partner.confirm(uuid);
  await received(receiver, 3);

  say('Partner: POST /octo/bookings/{uuid}/cancel');
  await partner.cancel(uuid);
  await received(receiver, 4);
}

async function received(receiver: DemoReceiver, count: number): Promise<void> {
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  while (receiver.deliveries.length < count) {
    if (Date.now() > giveUpAt) throw new Error(`${count} requests were expected, ${receiver.deliveries.length} came.`);
    await sleep(20);
  }
}

/** Compares the received requests with the expected ones. */
function report(deliveries: readonly ReceivedDelivery[]): boolean {
  const checks = expectedOf(deliveries);
  for (const [promise, kept] of checks) say(`${kept ? 'ok    ' : 'FAILED'}  ${promise}`);
  return checks.every(([, kept]) => kept);
}

main().then(
  (kept) => {
    if (kept) say(`\n${READ_NEXT}`);
    process.exit(kept ? 0 : 1);
  },
  (error: unknown) => {
    process.stderr.write(
      `The demo failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
