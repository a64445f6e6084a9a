import type { DataSource, Logger } from 'typeorm';

/** Counts the statements that a data source sends, for tests of what something costs. */
export class StatementCounter {
  private readonly statements: string[] = [];

  /** @param dataSource one that is not connected yet, or that makes its query runners from now on */
  constructor(dataSource: DataSource) {
    const nothing = (): void => undefined;
    const logger: Logger = {
      logQuery: (statement) => {
        this.statements.push(statement);
      },
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
    dataSource.setOptions({ logger, logging: ['query'] });
  }

  /** The statements sent while something ran, without those that begin and end transactions. */
  async during(run: () => Promise<unknown>): Promise<readonly string[]> {
    const before = this.statements.length;
    await run();
    return this.statements
      .slice(before)
      .filter((statement) => !/^(SET TRANSACTION|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)/.test(statement));
  }
}
