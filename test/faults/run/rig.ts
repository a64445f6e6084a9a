import { setTimeout as sleep } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import type { ServerKind } from '../../support/database-servers.js';
import { ReceiverProcess } from '../receiver/receiver-process.js';
import { DatabaseProxy } from '../servers/database-proxy.js';
import type { DatabaseServer } from '../servers/database-server.js';
import { startDatabaseServer } from '../servers/start-database-server.js';
import { DRAIN_WITHIN_MS } from '../settings.js';
import { Fleet } from '../workers/fleet.js';
import { HostChange } from '../workers/host-tables.js';
import { prepareDatabase } from '../workers/prepared-database.js';

/** Everything that a run on one database needs, up and running. */
export class Rig {
  private constructor(
    readonly server: DatabaseServer,
    readonly proxy: DatabaseProxy,
    readonly receiver: ReceiverProcess,
    readonly fleet: Fleet,
    /** The harness's own connection to the database, past the proxy. */
    private readonly observer: INestApplicationContext,
  ) {}

  /** @param folder where the server, the journals and the logs are kept */
  static async start(kind: ServerKind, folder: string): Promise<Rig> {
    const [server, receiver] = await Promise.all([startDatabaseServer(kind, folder), ReceiverProcess.start(folder)]);
    const proxy = await DatabaseProxy.listen(server.url);
    const observer = await prepareDatabase(server.url, (hook) => receiver.url(hook));
    const fleet = new Fleet(proxy.through(server.url), folder);
    await fleet.complete();
    return new Rig(server, proxy, receiver, fleet, observer);
  }

  /**
   * Ends the changes and waits until nothing is under way.
   *
   * @returns what still is, after a long wait
   */
  async drain(): Promise<readonly string[]> {
    this.fleet.setChanges(false);
    this.receiver.mood = 'no faults';
    const drained = await this.nothingUnderWay();
    const underWay = drained ? [] : await this.underWay();
    this.receiver.mood = 'faults';
    return underWay;
  }

  /** The changes that the database has committed: the truth. */
  committed(): Promise<readonly HostChange[]> {
    return this.observer.get(DataSource).manager.find(HostChange);
  }

  async close(): Promise<void> {
    await this.fleet.stop();
    await this.receiver.close();
    await this.proxy.close();
    await this.observer.close();
    await this.server.close();
  }

  private async nothingUnderWay(): Promise<boolean> {
    const giveUpAt = Date.now() + DRAIN_WITHIN_MS;
    // The counts are read twice, because a worker may commit something between the two.
    for (let quiet = 0; quiet < 2;) {
      if (Date.now() > giveUpAt) return false;
      await sleep(200);
      quiet = (await this.isQuiet()) ? quiet + 1 : 0;
    }
    return true;
  }

  private async isQuiet(): Promise<boolean> {
    const { manager } = this.observer.get(DataSource);
    const events = await manager.countBy(WebhookEvent, { status: 'pending' });
    return events + (await manager.countBy(WebhookDelivery, { status: 'pending' })) === 0;
  }

  /** The pending rows and the receivers that are not well, with their times from now. */
  private async underWay(): Promise<string[]> {
    const { manager } = this.observer.get(DataSource);
    const [events, deliveries, webhooks] = [
      await manager.findBy(WebhookEvent, { status: 'pending' }),
      await manager.findBy(WebhookDelivery, { status: 'pending' }),
      await manager.query<{ url: string; circuit_open_until: string | null }[]>(
        'SELECT url, circuit_open_until FROM octo_webhook WHERE failing_since IS NOT NULL',
      ),
    ];
    return [
      ...webhooks.map(({ url, circuit_open_until: until }) => `receiver ${url}: circuit open, ${fromNow(until)}`),
      ...events.map(({ resourceKey, dueAt, leaseToken, failureReason }) =>
        [`event of ${resourceKey}: due ${fromNow(dueAt)}`, `lease ${leaseToken}`, failureReason].join(', '),
      ),
      ...deliveries.map(({ resourceKey, webhookId, dueAt, leaseToken, attempts }) =>
        [`delivery of ${resourceKey} to ${webhookId}: due ${fromNow(dueAt)}`, `lease ${leaseToken}`, attempts].join(
          ', ',
        ),
      ),
    ];
  }
}

function fromNow(time: Date | string | null): string {
  return time === null ? 'never' : `in ${Number(time) - Date.now()} ms`;
}
