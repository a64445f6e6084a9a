/** Closes on SIGINT and SIGTERM, and ends the process with code 0, or with 1 when closing fails. */
export function closeOnSignal(what: { close(): Promise<void> }): void {
  // enableShutdownHooks() is not used, because the embedded database must stop after the application.
  const close = (signal: NodeJS.Signals): void => {
    process.stdout.write(`${signal}: the booking platform ends when the requests under way have ended.\n`);
    what.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
}

/** Ends the process with code 1 and one line that says why. */
export function fail(error: unknown): never {
  process.stderr.write(`The booking platform stops: ${oneLine(error)}\n`);
  process.exit(1);
}

/** A refused connection to several addresses is an AggregateError, whose own message is empty. */
function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(oneLine).join('; ');
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}
