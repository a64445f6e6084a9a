/** The clean-up at the end of the benchmark, also when it fails or is interrupted. It runs in reverse order. */
export class CleanUp {
  /** @type {(() => unknown)[]} */
  #steps = [];

  constructor() {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.once(signal, () => {
        console.error(`\n${signal}: taking back what is on the servers …`);
        this.run().finally(() => process.exit(1));
      });
    }
  }

  /** @param {() => unknown} step */
  add(step) {
    this.#steps.push(step);
  }

  async run() {
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        console.error(error);
      }
    }
  }
}
