import type { LoggerService } from '@nestjs/common';

type Level = 'log' | 'warn' | 'error' | 'fatal';

/** The log of an application, kept for the test instead of being written. */
export class TestLog implements LoggerService {
  private entries: { readonly level: Level; readonly text: string }[] = [];

  /** The warnings and errors that were logged. */
  get problems(): string[] {
    return this.entries.filter(({ level }) => level !== 'log').map(({ text }) => text);
  }

  clear(): void {
    this.entries = [];
  }

  log(message: unknown): void {
    this.add('log', message);
  }

  warn(message: unknown): void {
    this.add('warn', message);
  }

  error(message: unknown): void {
    this.add('error', message);
  }

  fatal(message: unknown): void {
    this.add('fatal', message);
  }

  private add(level: Level, message: unknown): void {
    this.entries.push({ level, text: String(message) });
  }
}
