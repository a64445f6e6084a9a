/** The tests that ran in one combination. */
export interface TestRun {
  /** The exact version that they ran on. */
  readonly version: string;
  readonly passed: number;
  readonly failed: number;
  /** Tests on servers that were not there, and those that were not asked for. */
  readonly skipped: number;
  readonly result: 'passed' | 'failed' | 'left out';
}

/** A combination and what came of it. */
export interface Outcome extends TestRun {
  readonly name: string;
  readonly seconds: number;
}

/** All outcomes, aligned. */
export function outcomeTable(outcomes: readonly Outcome[]): string {
  const rows = [
    ['', 'version', 'passed', 'failed', 'skipped', 'seconds', 'result'],
    ...outcomes.map(({ name, version, passed, failed, skipped, seconds, result }) =>
      [name, version, passed, failed, skipped, seconds, result].map(String),
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
