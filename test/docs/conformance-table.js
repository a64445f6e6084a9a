// Makes the table of docs/conformance.md from the names of the conformance tests: `npm run docs:conformance`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const document = new URL('docs/conformance.md', root);
const BEGIN = '<!-- table: begin -->';
const END = '<!-- table: end -->';

/** Titles of groups and tests, in the order of the file. */
const TITLE = /\b(describeOnServers|describe|it)(?:\.each\((?:[\s\S]*?)\))?\(\s*(['"`])((?:\\.|(?!\2).)*)\2,/g;
/** A title's own source: sections of the specification, its open questions, or "ours". */
const SOURCE = /\s*\(((?:sections? |Q?[\d.–]+|ours)[^()]*)\)$/;

/** @returns {string} the table as it should be */
export function conformanceTable() {
  const folder = new URL('test/conformance/', root);
  const rows = readdirSync(folder)
    .filter((file) => file.endsWith('.spec.ts'))
    .flatMap((file) => rowsOf(file, readFileSync(new URL(file, folder), 'utf8')));
  return ['| rule | source | test |', '| --- | --- | --- |', ...rows].join('\n');
}

/**
 * @param {string} file
 * @param {string} text
 */
function rowsOf(file, text) {
  // Tests that a file shares between its groups come before them.
  let fileSource =
    SOURCE.exec(/describeOnServers\(\s*'(.*)',/.exec(text)?.[1] ?? '')?.[1]?.replace(/sections? /, '') ?? '';
  let group = { title: '', source: '' };
  /** @type {string[]} */
  const rows = [];
  for (const [, kind, , quoted = ''] of text.matchAll(TITLE)) {
    const whole = quoted.replaceAll(/\\(['"`])/g, '$1');
    const source = SOURCE.exec(whole)?.[1]?.replace(/sections? /, '') ?? '';
    const title = whole.replace(SOURCE, '');
    if (kind === 'describeOnServers') [fileSource, group] = [source, { title: '', source: '' }];
    else if (kind === 'describe') group = { title, source };
    else rows.push(row([group.title, title].filter(Boolean).join(': '), source || group.source || fileSource, file));
  }
  return rows;
}

/**
 * @param {string} rule
 * @param {string} source
 * @param {string} file
 */
function row(rule, source, file) {
  const text = rule
    .replaceAll('|', '\\|')
    .replaceAll(/[<>*_]/g, '\\$&')
    .replaceAll(/%[sij]/g, '…');
  return `| ${text} | ${source} | ${file.replace('.spec.ts', '')} |`;
}

/** The document, cut at the marks of its table. */
function parts() {
  const [before = '', rest = ''] = readFileSync(document, 'utf8').split(BEGIN);
  const [table = '', after = ''] = rest.split(END);
  return { before, table: table.trim(), after };
}

/** @returns {string} the table in the document */
export function documentedTable() {
  return parts().table;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { before, after } = parts();
  writeFileSync(document, `${before}${BEGIN}\n\n${conformanceTable()}\n\n${END}${after}`);
}
