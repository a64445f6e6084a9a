import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/**
 * Reads a file of JSON lines. It ignores an incomplete last line, whose writer was killed in the middle of it.
 *
 * @param isWanted for files that hold other lines too
 */
export async function readLines<Line>(path: string, isWanted: (line: string) => boolean = () => true): Promise<Line[]> {
  if (!existsSync(path)) return [];
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return lines.filter(isWanted).map((line) => JSON.parse(line) as Line);
}
