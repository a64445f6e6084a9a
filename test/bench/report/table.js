/**
 * Rows as a table of plain text; the first row is the head.
 *
 * @param {readonly (readonly string[])[]} rows
 */
export function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n');
}

/**
 * The report: each figure with its goal.
 *
 * @param {readonly import('./figure.js').Figure[]} figures
 */
export function figureTable(figures) {
  return table([
    ['figure', 'measured', 'goal', ''],
    ...figures.map(({ what, measured, goal = '', met }) => [
      what,
      measured,
      goal,
      met === undefined ? '' : met ? 'ok' : 'below',
    ]),
  ]);
}
