import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { milliseconds, perSecond } from './figure.js';

/** The page that shows the latest results. */
const PAGE = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url));

/**
 * Rows as a table in Markdown; the first row is the head.
 *
 * @param {readonly (readonly string[])[]} rows
 */
function markdownTable(rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const [head = [], ...rest] = rows;
  return [line(head), line(head.map(() => '---')), ...rest.map(line)].join('\n');
}

/** @param {readonly import('./figure.js').Figure[]} figures */
export function figuresInMarkdown(figures) {
  const verdict = (/** @type {boolean | undefined} */ met) => (met === undefined ? '' : met ? 'ok' : 'below');
  return markdownTable([
    ['figure', 'measured', 'goal', ''],
    ...figures.map(({ what, measured, goal = '', met }) => [what, measured, goal, verdict(met)]),
  ]);
}

/**
 * The picture, and the same as a table.
 *
 * @param {readonly import('../figures/growth.js').Series[]} series
 */
export function growthInMarkdown(series) {
  return `![Deliveries per second and the time of a claim over backlog, webhooks, payload and processes](performance.svg)

${growthTable(series)}`;
}

/** @param {readonly import('../figures/growth.js').Series[]} series */
export function growthTable(series) {
  const kinds = [...new Set(series.map(({ kind }) => kind))];
  return markdownTable([
    ['', ...kinds.flatMap((kind) => [kind, 'a claim'])],
    ...series
      .filter(({ kind }) => kind === kinds[0])
      .flatMap(({ unit, points }) =>
        points.map(({ x }) => [
          `${unit}: ${x.toLocaleString('en')}`,
          ...kinds.flatMap((kind) => cellsOf(series, kind, unit, x)),
        ]),
      ),
  ]);
}

/**
 * @param {readonly import('../figures/growth.js').Series[]} series
 * @param {string} kind
 * @param {string} unit
 * @param {number} x
 */
function cellsOf(series, kind, unit, x) {
  const point = series.find((one) => one.unit === unit && one.kind === kind)?.points.find((one) => one.x === x);
  return point === undefined ? ['', ''] : [perSecond(point.perSecond), milliseconds(point.claimMs)];
}

/**
 * Replaces a part of the page.
 *
 * @param {string} part its name in the page's comments
 * @param {import('./machine.js').Machine} on
 * @param {string} text Markdown
 */
export async function writeIntoPage(part, on, text) {
  const page = await readFile(PAGE, 'utf8');
  const [begin, end] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`];
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`${PAGE} has no part ${part}.`);
  const replaced = `${page.slice(0, start + begin.length)}\n\n${text}\n\n${measuredOn(on)}\n\n${page.slice(stop)}`;
  await writeFile(PAGE, await format(replaced, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}

/** @param {import('./machine.js').Machine} on */
function measuredOn({ date, cpu, memory, system, node, mysql, mariadb, postgresql, redis, loadBefore }) {
  const load = `load ${loadBefore} before the run${Number(loadBefore) > 1 ? ', so the numbers are noisy' : ''}`;
  return `Measured ${date.slice(0, 10)} on ${cpu}, ${memory}, ${system}, Node.js ${node}, ${load}.${mysql === undefined ? '' : ` MySQL ${mysql}.`} MariaDB ${mariadb}. PostgreSQL ${postgresql}. Redis ${redis}.`;
}
