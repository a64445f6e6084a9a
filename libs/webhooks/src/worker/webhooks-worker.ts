import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { messageOf } from '../database/error-text.js';
import { Outage } from '../database/outage.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { CommitSignal } from '../emission/webhook-emitter.js';
import { FanOut } from '../fan-out/fan-out.js';
import { TriggeredFanOut } from '../fan-out/triggered-fan-out.js';
import { Maintenance } from '../maintenance/maintenance.js';
import { MissingScheduleModuleError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Loop } from './loop.js';

/** The name of the poll in the host's `SchedulerRegistry`. The poll of a second module has the suffix `-2`. */
export const WEBHOOKS_POLL = 'octo-webhooks-poll';

/** Runs fan-out, delivery and maintenance in this process, from the host's start to its shutdown. */
@Injectable()
export class WebhooksWorker implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(LOG_CONTEXT);
  private readonly fanOutLoop: Loop;
  private readonly sliceLoop: Loop;
  private readonly triggerLoop: Loop;
  private readonly deliveryLoop: Loop;
  private readonly maintenanceLoop: Loop;
  /** Whether something was triggered since the last poll. It may wait for a change of the same resource to be fanned out. */
  private triggersMayWait = false;
  /** The name of the poll; null while there is none. */
  private poll: string | null = null;

  constructor(
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
    private readonly commits: CommitSignal,
    private readonly dispatcher: Dispatcher,
    private readonly fanOut: FanOut,
    triggered: TriggeredFanOut,
    maintenance: Maintenance,
    @Optional() private readonly scheduler?: SchedulerRegistry,
  ) {
    this.fanOutLoop = new Loop(
      async () => {
        const worked = await fanOut.run(dispatcher);
        if (fanOut.hasSlice) this.sliceLoop.wake();
        if (worked > 0 && this.triggersMayWait) this.triggerLoop.wake();
        return worked > 0;
      },
      new Outage(this.logger, 'Fan-out'),
    );
    this.sliceLoop = new Loop(
      async () => {
        await fanOut.runSlice(dispatcher);
        return fanOut.hasSlice;
      },
      new Outage(this.logger, 'Sliced fan-out'),
    );
    this.triggerLoop = new Loop(
      async () => (await triggered.run(dispatcher)) > 0,
      new Outage(this.logger, 'Triggered fan-out'),
    );
    this.deliveryLoop = new Loop(() => dispatcher.run(), new Outage(this.logger, 'Delivery'));
    this.maintenanceLoop = new Loop(() => maintenance.run(), new Outage(this.logger, 'Maintenance'));
  }

  onApplicationBootstrap(): void {
    if (!this.options.dispatch.enabled) return;
    if (this.scheduler === undefined) throw new MissingScheduleModuleError();
    this.commits.onCommit(({ changes, triggers }) => {
      if (changes) this.fanOutLoop.wake();
      if (triggers) this.triggerLoop.wake();
      this.triggersMayWait ||= triggers;
    });
    this.dispatcher.onRoundWanted(() => this.deliveryLoop.wake());
    this.poll = unusedName(this.scheduler);
    this.scheduler.addInterval(
      this.poll,
      setInterval(() => this.wake(), this.options.dispatch.pollMs),
    );
    this.wake();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.poll !== null) this.scheduler?.deleteInterval(this.poll);
    this.poll = null;
    this.dispatcher.takeNoMore();
    const loops = [this.fanOutLoop, this.sliceLoop, this.triggerLoop, this.deliveryLoop, this.maintenanceLoop];
    await Promise.all(loops.map((loop) => loop.stop()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.giveBackEvents();
    await this.dispatcher.drain();
  }

  private async giveBackEvents(): Promise<void> {
    try {
      await this.fanOut.giveBack();
    } catch (error) {
      this.logger.warn(`Events wait until their leases end, because they cannot be given back: ${messageOf(error)}`);
    }
  }

  private wake(): void {
    this.dispatcher.lookAround();
    this.fanOutLoop.wake();
    this.triggerLoop.wake();
    this.triggersMayWait = false;
    this.deliveryLoop.wake();
    this.maintenanceLoop.wake();
  }
}

/** A host with two data sources imports the module twice. */
function unusedName(scheduler: SchedulerRegistry): string {
  let name = WEBHOOKS_POLL;
  for (let copy = 2; scheduler.doesExist('interval', name); copy += 1) name = `${WEBHOOKS_POLL}-${copy}`;
  return name;
}
