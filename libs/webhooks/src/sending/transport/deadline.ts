/** The end of the time that a receiver has. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private lastLook: NodeJS.Immediate | undefined;

  /**
   * Calls `passed` after `ms`, unless it is cancelled before.
   *
   * After the process stood still, Node runs its timers before it reads its sockets. An answer that came in time would seem to
   * be late, and the receiver to fail. Therefore, what has arrived is read before `passed` is called.
   */
  constructor(ms: number, passed: () => void) {
    this.timer = setTimeout(() => {
      this.lastLook = setImmediate(passed);
    }, ms);
  }

  cancel(): void {
    clearTimeout(this.timer);
    clearImmediate(this.lastLook);
  }
}
