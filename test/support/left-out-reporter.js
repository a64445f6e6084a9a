/** Names every test that was left out, at the end of the run, so that it is not overlooked. */
export default class LeftOutReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    const leftOut = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName),
    );
    if (leftOut.length === 0) return;
    process.stderr.write(`\n!!! ${leftOut.length} tests were LEFT OUT because their database is not reachable:\n`);
    for (const name of leftOut) process.stderr.write(`!!!   ${name}\n`);
  }
}
