/**
 * Runs in a process that the benchmark has started: it answers calls until the benchmark ends.
 *
 * @param {Readonly<Record<string, (argument: never) => unknown>>} methods
 * @param {() => unknown} [drop] removes what the process has put onto a server, however the process ends
 */
export function serve(methods, drop = () => undefined) {
  // Only the benchmark ends this process, because Ctrl-C reaches all processes of the terminal at once.
  process.on('SIGINT', () => undefined);
  process.on('message', (/** @type {{ id: number, method: string, argument: unknown }} */ { id, method, argument }) => {
    const run = /** @type {((argument: unknown) => unknown) | undefined} */ (methods[method]);
    Promise.resolve()
      .then(() => {
        if (run === undefined) throw new Error(`There is no method ${method}.`);
        return run(argument);
      })
      .then(
        (result) => process.send?.({ id, result }),
        (error) =>
          process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
  process.on('disconnect', () => {
    // It does not wait for work that does not end.
    setTimeout(() => process.exit(1), 5000).unref();
    Promise.resolve()
      .then(drop)
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  });
  process.send?.({ ready: true });
}
