/**
 * What a listener gives back to `EventEmitter2`. `emitAsync` asks each outcome for its end, as `Promise.all` does, and so
 * hands a failure to the host. `emit` drops outcomes unseen: a failure that nobody has asked for is reported instead, and is
 * never an unhandled rejection.
 */
export class ListenerOutcome implements PromiseLike<void> {
  private asked = false;

  /**
   * @param work what the listener does
   * @param onUnasked told of the failure that nobody has asked for
   */
  constructor(
    private readonly work: Promise<void>,
    onUnasked: (error: unknown) => void,
  ) {
    work.catch((error: unknown) => {
      // Promise.all asks in a microtask: work that has failed at once is not to be taken for unasked before it.
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
