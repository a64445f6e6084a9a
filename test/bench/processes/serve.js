/**
 * The inside of a process that the benchmark has started: answers calls until the benchmark goes away.
 *
 * @param {Readonly<Record<string, (argument: never) => unknown>>} methods
 * @param {() => unknown} [drop] takes back what the process has put onto a server, however it comes to its end
 */
export function serve(methods, drop = () => undefined) {
  // The benchmark itself says when to end: Ctrl-C reaches all processes of the terminal at once.
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
    // What does not end by itself is not waited for.
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
