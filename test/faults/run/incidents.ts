/** What was done to the database, to the way there, or to a worker that lived on. Kills are in the lives of the workers. */
export interface Incident {
  readonly kind: 'restart' | 'cut' | 'stall';
  /** In words, for the report. */
  readonly what: string;
  readonly from: number;
  readonly to: number;
  /** The worker that it happened to; null: all of them. */
  readonly worker: string | null;
}

/** Writes down what is done, and when. */
export class Incidents {
  readonly all: Incident[] = [];

  /** Does it and writes down how long it took. */
  async during(kind: Incident['kind'], what: string, work: () => Promise<void>, worker?: string): Promise<void> {
    const from = Date.now();
    await work();
    this.all.push({ kind, what, from, to: Date.now(), worker: worker ?? null });
  }
}
