/** What was done to the database or to the way there. Kills of workers are in the lives of the workers. */
export interface Incident {
  readonly kind: 'restart' | 'cut';
  /** In words, for the report. */
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** Writes down what is done, and when. */
export class Incidents {
  readonly all: Incident[] = [];

  /** Does it and writes down how long it took. */
  async during(kind: Incident['kind'], what: string, work: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await work();
    this.all.push({ kind, what, from, to: Date.now() });
  }
}
