import { expect, it } from '@jest/globals';
import { WebhookEvent, type WebhookChange } from 'nestjs-octo-webhooks';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

type Connections = readonly [string, ...string[]];

const tests = (kind: DatabaseKind): void => {
  const steps = new DatabaseSteps();
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    { per: 'test', overrides: [watchedDatabase(steps)] },
  );

  const slot = (availabilityId: string, vacancies: number, connectionIds?: Connections): WebhookChange => ({
    event: 'availability_update',
    supplierId: 'supplier-1',
    productId: 'product',
    optionId: 'option',
    availabilityId,
    after: { vacancies },
    ...(connectionIds === undefined ? {} : { connectionIds }),
  });
  const events = () => host.dataSource.getRepository(WebhookEvent);
  /** Sets the status of the event with some vacancies. */
  const mark = async (vacancies: number, status: WebhookEvent['status']): Promise<void> => {
    const event = (await events().find()).find(({ after }) => after['vacancies'] === vacancies);
    await events().update({ sequence: event?.sequence ?? 0 }, { status });
  };
  const states = async (): Promise<unknown[][]> =>
    (await events().find({ order: { sequence: 1 } })).map(({ status, after }) => [after['vacancies'], status]);

  it('replaces those of its own slot alone', async () => {
    await host.emitter.emitAll([slot('a', 9), slot('b', 8), slot('a', 7), slot('b', 6), slot('a', 5)]);
    await fanOutAll(host.app.get(FanOut));
    expect(await states()).toEqual([
      [9, 'superseded'],
      [8, 'superseded'],
      [7, 'superseded'],
      [6, 'fanned_out'],
      [5, 'fanned_out'],
    ]);
  });

  it.each(['failed', 'triggered'] as const)('is the last pending one, and what is %s stays', async (status) => {
    await host.emitter.emitAll([9, 8, 7, 6].map((vacancies) => slot('a', vacancies)));
    await mark(8, status);
    await mark(6, status);
    await host.app.get(FanOut).run();
    expect(await states()).toEqual([
      [9, 'superseded'],
      [8, status],
      [7, 'fanned_out'],
      [6, status],
    ]);
  });

  it('replaces none that is committed late, for other connections', async () => {
    const late = host.dataSource.createQueryRunner();
    await late.startTransaction();
    await host.emitter.emit(slot('a', 9, ['connection-b']), { manager: late.manager });
    await host.emitter.emitAll([slot('a', 8), slot('a', 7)]);
    // The oldest of those that are committed has been claimed by then.
    steps.once('afterChange', async () => {
      await late.commitTransaction();
      await late.release();
    });
    await host.app.get(FanOut).run();
    expect(await states()).toEqual([
      [9, 'pending'],
      [8, 'superseded'],
      [7, 'fanned_out'],
    ]);
  });
};

// Two transactions are open at the same time, which an embedded database does not allow.
describeOnDatabases('The newest state of an availability', tests, SERVER_KINDS);
