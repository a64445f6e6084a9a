import type { EntityManager } from 'typeorm';
import type { SqlValue } from '../../libs/webhooks/src/database/sql.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import type { Override } from './test-host.js';

/**
 * Where a test can step in: around a transaction of the library, before or after a statement that changes rows, or before
 * entities are read.
 */
export type Point =
  'beforeTransaction' | 'beforeCommit' | 'afterCommit' | 'beforeChange' | 'afterChange' | 'beforeReading';

type Step = () => Promise<unknown>;

/** Lets a test interfere while the library works on its database. */
export class DatabaseSteps {
  /** Whether the database refuses transactions and does not answer. */
  away = false;
  /** Is given each statement that reads or changes rows, before it runs. */
  onStatement: ((sql: string, values: readonly SqlValue[]) => Promise<void>) | null = null;
  private readonly steps = new Map<Point, Step>();

  /** Does something when the point is next reached. */
  once(point: Point, step: Step): void {
    this.steps.set(point, async () => {
      this.steps.delete(point);
      await step();
    });
  }

  /** Does something each time that the point is reached. Returns how to stop it. */
  each(point: Point, step: Step): () => void {
    this.steps.set(point, step);
    return () => void this.steps.delete(point);
  }

  async reach(point: Point): Promise<void> {
    if (this.away && point === 'beforeTransaction') throw new Error('The database is away.');
    await this.steps.get(point)?.();
  }
}

/** Applies these steps to a host's database. */
export function watchedDatabase(steps: DatabaseSteps): Override {
  class WatchedDatabase extends WebhooksDatabase {
    override async transaction<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
      await steps.reach('beforeTransaction');
      const result = await super.transaction(async (manager) => {
        const done = await work(manager);
        await steps.reach('beforeCommit');
        return done;
      });
      await steps.reach('afterCommit');
      return result;
    }

    override async select<Row>(
      ...statement: Parameters<typeof WebhooksDatabase.prototype.select<Row>>
    ): Promise<Row[]> {
      await steps.onStatement?.(statement[1], statement[2]);
      return super.select<Row>(...statement);
    }

    override async change(...statement: Parameters<WebhooksDatabase['change']>): Promise<number> {
      await steps.onStatement?.(statement[1], statement[2]);
      await steps.reach('beforeChange');
      const changed = await super.change(...statement);
      await steps.reach('afterChange');
      return changed;
    }

    override async reading<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
      await steps.reach('beforeReading');
      return super.reading(work);
    }

    override async isReachable(): Promise<boolean> {
      return !steps.away && (await super.isReachable());
    }
  }
  return [WebhooksDatabase, WatchedDatabase];
}
