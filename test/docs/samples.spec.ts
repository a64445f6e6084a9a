import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { conformanceTable, documentedTable } from './conformance-table.js';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

/** Where samples are: the host of the README is an application that runs. */
const SAMPLE_FOLDERS = ['apps/minimal/src/', 'test/docs/samples/'];

/** The parts of the sample files between `// #region` and `// #endregion`. */
async function regions(): Promise<readonly string[]> {
  const folders = await Promise.all(
    SAMPLE_FOLDERS.map(async (folder) => (await readdir(new URL(folder, root))).map((file) => `${folder}${file}`)),
  );
  const texts = await Promise.all(folders.flat().map(read));
  return texts.flatMap((text) =>
    [...text.matchAll(/\/\/ #region \w+\n([\s\S]*?)\n\/\/ #endregion/g)].map(([, body]) => body ?? ''),
  );
}

/** The TypeScript blocks of a Markdown file. */
async function codeBlocks(path: string): Promise<readonly string[]> {
  return [...(await read(path)).matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, body]) => body ?? '');
}

it('every TypeScript sample of the README and the docs is part of a file that is compiled and run by a test', async () => {
  const docs = (await readdir(new URL('docs/', root)))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`);
  const blocks = (await Promise.all(['README.md', 'libs/webhooks/README.md', ...docs].map(codeBlocks))).flat();
  const compiled = await regions();
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) expect(compiled).toContain(block);
});

it('the table of docs/conformance.md names every conformance test (npm run docs:conformance writes it)', () => {
  expect(documentedTable()).toBe(conformanceTable());
});
