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
   * @returns whether it came to that; if not, the ledgers tell what is missing
   */
  async drain(): Promise<boolean> {
    this.fleet.setChanges(false);
    this.receiver.mood = 'no faults';
    const drained = await this.nothingUnderWay();
    this.receiver.mood = 'faults';
    return drained;
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
      quiet = (await this.underWay()) === 0 ? quiet + 1 : 0;
    }
    return true;
  }

  private async underWay(): Promise<number> {
    const { manager } = this.observer.get(DataSource);
    const events = await manager.countBy(WebhookEvent, { status: 'pending' });
    return events + (await manager.countBy(WebhookDelivery, { status: 'pending' }));
  }
}
