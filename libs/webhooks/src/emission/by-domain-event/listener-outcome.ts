/**
 * The return value of a listener of `EventEmitter2`. `emitAsync` waits for each outcome, as `Promise.all` does, so the
 * host gets a failure. `emit` ignores outcomes. A failure for which nobody waits is therefore reported, and never
 * becomes an unhandled rejection.
 */
export class ListenerOutcome implements PromiseLike<void> {
  private asked = false;

  /**
   * @param work the work of the listener
   * @param onUnasked called with a failure for which nobody waits
   */
  constructor(
    private readonly work: Promise<void>,
    onUnasked: (error: unknown) => void,
  ) {
    work.catch((error: unknown) => {
      // Promise.all begins to wait in a microtask. Work that fails at once must not be reported before that.
      setImmediate(() => {
        if (!this.asked) onUnasked(error);
      });
    });
  }

  then<Fulfilled = void, Rejected = never>(
    onFulfilled?: (() => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((error: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.asked = true;
    return this.work.then(onFulfilled, onRejected);
  }
}
