import type { DataSource, QueryRunner } from 'typeorm';

/** What is gathered while a transaction runs, and what is to be done with it. */
export interface ScopedWork<State> {
  /** Nothing gathered yet: for a transaction, and for each savepoint in it. */
  empty(): State;
  /** Takes over what a savepoint brought that has been released into what is around it. */
  merge(outer: State, inner: State): void;
  /** The last moment at which statements still belong to the transaction. What it throws makes the commit fail. */
  beforeCommit?(state: State, queryRunner: QueryRunner): Promise<void>;
  committed?(state: State): void;
}

/**
 * Follows the transactions of a data source and keeps, for each, what has been gathered in it: what a savepoint brought is
 * dropped when it is rolled back, as its rows are.
 */
export class TransactionScope<State> {
  /** Outermost first: the transaction, then the savepoints in it that are open. */
  private readonly levels = new WeakMap<QueryRunner, State[]>();

  constructor(
    dataSource: DataSource,
    private readonly work: ScopedWork<State>,
  ) {
    dataSource.subscribers.push({
      afterTransactionStart: ({ queryRunner }) => {
        this.of(queryRunner).push(this.work.empty());
      },
      beforeTransactionCommit: async ({ queryRunner }) => {
        const levels = this.of(queryRunner);
        const [outermost] = levels;
        if (levels.length === 1 && outermost !== undefined) await this.work.beforeCommit?.(outermost, queryRunner);
      },
      afterTransactionCommit: ({ queryRunner }) => this.ended(queryRunner),
      afterTransactionRollback: ({ queryRunner }) => {
        this.of(queryRunner).pop();
      },
    });
  }

  /** What has been gathered at the innermost level, or null when no transaction is open. */
  current(queryRunner: QueryRunner | undefined): State | null {
    if (queryRunner?.isTransactionActive !== true) return null;
    const levels = this.of(queryRunner);
    const innermost = levels.at(-1);
    if (innermost !== undefined) return innermost;
    // The transaction was begun before this scope was there.
    const state = this.work.empty();
    levels.push(state);
    return state;
  }

  private ended(queryRunner: QueryRunner): void {
    const levels = this.of(queryRunner);
    const state = levels.pop();
    if (state === undefined) return;
    const outer = levels.at(-1);
    if (outer === undefined) this.work.committed?.(state);
    else this.work.merge(outer, state);
  }

  private of(queryRunner: QueryRunner): State[] {
    const known = this.levels.get(queryRunner);
    if (known !== undefined) return known;
    const levels: State[] = [];
    this.levels.set(queryRunner, levels);
    return levels;
  }
}
