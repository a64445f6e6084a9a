import { inspect } from 'node:util';
import { jest } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import type { DataSource, Logger as QueryLogger } from 'typeorm';

const EVERYTHING = { depth: 8, maxArrayLength: null, maxStringLength: null } as const;

/** Everything that a process writes: to its output, to Nest's logger, and to TypeORM's log of statements and values. */
export class CapturedOutput {
  private readonly lines: string[] = [];
  private readonly streams = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write'));

  /** For `app.useLogger()`. */
  readonly nest: LoggerService = {
    log: (...parts: unknown[]) => this.add(...parts),
    error: (...parts: unknown[]) => this.add(...parts),
    warn: (...parts: unknown[]) => this.add(...parts),
    debug: (...parts: unknown[]) => this.add(...parts),
    verbose: (...parts: unknown[]) => this.add(...parts),
    fatal: (...parts: unknown[]) => this.add(...parts),
  };

  /** Has TypeORM log every statement with its values. */
  readonly watchQueries = (dataSource: DataSource): void => {
    const logger: QueryLogger = {
      logQuery: (query, values) => this.add(query, values),
      logQueryError: (error, query, values) => this.add(error, query, values),
      logQuerySlow: (_, query, values) => this.add(query, values),
      logSchemaBuild: (message) => this.add(message),
      logMigration: (message) => this.add(message),
      log: (level, message) => this.add(level, message),
    };
    dataSource.setOptions({ logging: 'all', logger });
  };

  get text(): string {
    const written = this.streams.flatMap(({ mock }) => mock.calls.map(([chunk]) => String(chunk)));
    return [...this.lines, ...written].join('\n');
  }

  /** Restores the streams. */
  stop(): void {
    for (const stream of this.streams) stream.mockRestore();
  }

  private add(...parts: unknown[]): void {
    this.lines.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part, EVERYTHING))).join(' '));
  }
}
