import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const SOURCES = fileURLToPath(new URL('.', import.meta.url));

it('every logger of the library has the context OctoWebhooks, so that a host can filter its log', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'));
  const loggers = sources.flatMap(
    (file) => readFileSync(`${SOURCES}${file}`, 'utf8').match(/new Logger\(.*?\)/g) ?? [],
  );
  expect(loggers.length).toBeGreaterThan(5);
  expect(new Set(loggers)).toEqual(new Set(['new Logger(LOG_CONTEXT)']));
});
