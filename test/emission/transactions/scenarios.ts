import { setTimeout as sleep } from 'node:timers/promises';
import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { Like } from 'typeorm';
import { CommitSignal } from '../../../libs/webhooks/src/emission/webhook-emitter.js';
import { bookingChange, type RunningHost } from '../../support/test-host.js';
import { waitUntil } from '../../support/wait-until.js';

export type Propagation = 'REQUIRED' | 'REQUIRES_NEW' | 'NESTED' | 'NOT_SUPPORTED';

/** Runs work as a method marked with `@Transactional` does. */
export type Transaction = (propagation: Propagation, work: () => Promise<void>) => Promise<void>;

/** A host whose transactions are carried along by one of the packages. */
export interface AmbientHost {
  readonly running: RunningHost;
  readonly transaction: Transaction;
  /** In a transaction of another data source. */
  readonly otherTransaction: (work: () => Promise<void>) => Promise<void>;
}

/** How a scenario ended. */
export interface Played {
  /** The name of the error that it ended with. */
  readonly error: string | null;
  /** The events that are in the outbox afterwards. */
  readonly events: string[];
  /** How often the dispatcher was woken. */
  readonly wakes: number;
}

/** The tools of a scenario: the host's transactions, and an emit without a manager. */
interface Stage extends AmbientHost {
  readonly emit: (event: string) => Promise<void>;
}

class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

const rollBack = (): never => {
  throw new RolledBack();
};

const REQUESTS = 60;

export const SCENARIOS = {
  commit: ({ transaction, emit }: Stage) => transaction('REQUIRED', () => emit('event')),

  rollback: ({ transaction, emit }: Stage) => transaction('REQUIRED', () => emit('event').then(rollBack)),

  several: ({ running, transaction }: Stage) =>
    transaction('REQUIRED', async () => {
      await running.emitter.emitAll(['1', '2'].map((id) => bookingChange(`several/${id}`, null, 'ON_HOLD')));
      rollBack();
    }),

  outside: ({ emit }: Stage) => emit('event'),

  afterwards: async ({ transaction, emit }: Stage) => {
    await transaction('REQUIRED', () => Promise.resolve());
    await emit('event');
  },

  explicitManager: ({ running, transaction }: Stage) =>
    transaction('REQUIRED', async () => {
      await running.dataSource.transaction((manager) =>
        running.emitter.emit(bookingChange('explicitManager/event', null, 'ON_HOLD'), { manager }),
      );
      rollBack();
    }),

  joined: ({ transaction, emit }: Stage) =>
    transaction('REQUIRED', () => transaction('REQUIRED', () => emit('inner')).then(rollBack)),

  requiresNew: ({ transaction, emit }: Stage) =>
    transaction('REQUIRED', async () => {
      await emit('outer');
      await transaction('REQUIRES_NEW', () => emit('inner'));
      await emit('outer, later');
      rollBack();
    }),

  nestedRolledBack: ({ transaction, emit }: Stage) =>
    transaction('REQUIRED', async () => {
      await emit('outer');
      await transaction('NESTED', () => emit('inner').then(rollBack)).catch(onlyRolledBack);
      await emit('outer, later');
    }),

  nestedInRolledBack: ({ transaction, emit }: Stage) =>
    transaction('REQUIRED', () => transaction('NESTED', () => emit('inner')).then(rollBack)),

  notSupported: ({ transaction, emit }: Stage) =>
    transaction('REQUIRED', async () => {
      await emit('outer');
      await transaction('NOT_SUPPORTED', () => emit('inner'));
      await emit('outer, later');
      rollBack();
    }),

  /** Every second request is rolled back; all of them are under way at once and take turns. */
  concurrent: async ({ transaction, emit }: Stage) => {
    const requests = Array.from({ length: REQUESTS }, (_, index) =>
      transaction('REQUIRED', async () => {
        await sleep((index * 7) % 10);
        await emit(`${index}`);
        await sleep((index * 3) % 10);
        if (index % 2 === 1) rollBack();
      }).catch(onlyRolledBack),
    );
    await Promise.all(requests);
  },

  otherDataSource: ({ otherTransaction, emit }: Stage) => otherTransaction(() => emit('event').then(rollBack)),

  otherDataSourceInside: ({ transaction, otherTransaction, emit }: Stage) =>
    transaction('REQUIRED', () => otherTransaction(() => emit('event')).then(rollBack)),

  /** The event is committed, found and delivered while the transaction around it is still open. */
  deliveredMeanwhile: ({ running, transaction, emit }: Stage) =>
    transaction('REQUIRED', async () => {
      await transaction('REQUIRES_NEW', () => emit('event'));
      await delivered(running, 'deliveredMeanwhile/event');
      rollBack();
    }),
};

export type Scenario = keyof typeof SCENARIOS;

/** Plays scenarios in the process of the host, one at a time, and reports how each ended. */
export class Player {
  private wakes = 0;

  constructor(private readonly host: AmbientHost) {
    host.running.app.get(CommitSignal).onCommit(() => (this.wakes += 1));
  }

  async play(scenario: Scenario): Promise<Played> {
    const { running } = this.host;
    this.wakes = 0;
    const emit = async (event: string): Promise<void> => {
      await running.emitter.emit(bookingChange(`${scenario}/${event}`, null, 'ON_HOLD'));
    };
    const error = await SCENARIOS[scenario]({ ...this.host, emit }).then(
      () => null,
      (failure: Error) => failure.name,
    );
    const rows = await running.dataSource.manager.find(WebhookEvent, {
      where: { resourceId: Like(`${scenario}/%`) },
      order: { sequence: 'ASC' },
    });
    const events = rows.map(({ resourceId }) => resourceId.slice(scenario.length + 1));
    return { error, events, wakes: this.wakes };
  }
}

function onlyRolledBack(error: unknown): void {
  if (!(error instanceof RolledBack)) throw error;
}

/** Reads through a connection of its own, outside of any transaction that is open here. */
async function delivered({ dataSource }: RunningHost, resourceId: string): Promise<void> {
  const queryRunner = dataSource.createQueryRunner();
  const { manager } = queryRunner;
  try {
    const { sequence } = await manager.findOneByOrFail(WebhookEvent, { resourceId });
    const conditions = { eventSequence: sequence, status: 'delivered' } as const;
    await waitUntil('the delivery', () => manager.existsBy(WebhookDelivery, conditions));
  } finally {
    await queryRunner.release();
  }
}
