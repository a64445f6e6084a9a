/** Names every test that was left out, at the end of the run, so that it is not overlooked. */
export default class LeftOutReporter {
  #asked;

  /** @param {import('@jest/types').Config.GlobalConfig} config */
  constructor({ testNamePattern = '' }) {
    this.#asked = new RegExp(testNamePattern, 'i');
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    // With `-t`, Jest counts those that nobody asked for as pending, too.
    const leftOut = results.testResults
      .flatMap(({ testResults }) => testResults)
      .filter(({ status, fullName }) => status === 'pending' && this.#asked.test(fullName))
      .map(({ fullName }) => fullName);
    if (leftOut.length === 0) return;
    process.stderr.write(`\n!!! ${leftOut.length} tests were LEFT OUT because their database is not reachable:\n`);
    for (const name of leftOut) process.stderr.write(`!!!   ${name}\n`);
  }
}
