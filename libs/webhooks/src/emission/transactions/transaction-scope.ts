import type { DataSource, QueryRunner } from 'typeorm';

/** Callbacks for the state that is collected during a transaction. */
export interface ScopedWork<State> {
  /** The state at the beginning of a transaction, and of each savepoint in it. */
  empty(): State;
  /** Adds the state of a released savepoint to the state of the level around it. */
  merge(outer: State, inner: State): void;
  /**
   * Called just before the commit, so its statements still belong to the transaction. If it throws, the commit fails.
   */
  beforeCommit?(state: State, queryRunner: QueryRunner): Promise<void>;
  committed?(state: State): void;
}

/**
 * Follows the transactions of a data source and keeps the state that is collected in each. When a savepoint is rolled
 * back, its state is dropped, as its rows are.
 */
export class TransactionScope<State> {
  /** Outermost first: the transaction, then its open savepoints. */
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

  /** The state of the innermost level, or null when no transaction is open. */
  current(queryRunner: QueryRunner | undefined): State | null {
    if (queryRunner?.isTransactionActive !== true) return null;
    const levels = this.of(queryRunner);
    const innermost = levels.at(-1);
    if (innermost !== undefined) return innermost;
    // The transaction began before this scope existed.
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
