import type { QueryRunner } from 'typeorm';

interface Batch<Item> {
  readonly items: Item[];
  readonly done: Promise<void>;
}

/** Work on what TypeORM tells of a save, done once for all its rows. */
export class Batches<Item> {
  private readonly open = new WeakMap<QueryRunner, Batch<Item>>();

  constructor(private readonly work: (queryRunner: QueryRunner, items: readonly Item[]) => Promise<void>) {}

  /** @returns a promise that is the same for the whole batch */
  add(queryRunner: QueryRunner, items: readonly Item[]): Promise<void> {
    const batch = this.open.get(queryRunner) ?? this.begin(queryRunner);
    batch.items.push(...items);
    return batch.done;
  }

  private begin(queryRunner: QueryRunner): Batch<Item> {
    const items: Item[] = [];
    // TypeORM tells of all rows of a save in one go, and only then waits for the answers.
    const done = Promise.resolve().then(() => {
      this.open.delete(queryRunner);
      return this.work(queryRunner, items);
    });
    const batch = { items, done };
    this.open.set(queryRunner, batch);
    return batch;
  }
}
