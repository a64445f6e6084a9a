/** A fault of the database, of its connections, or of a worker that survived. Kills are recorded with the workers. */
export interface Incident {
  readonly kind: 'restart' | 'cut' | 'stall';
  /** In words, for the report. */
  readonly what: string;
  readonly from: number;
  readonly to: number;
  /** The worker that it happened to; null means all of them. */
  readonly worker: string | null;
}

/** Records the incidents and their times. */
export class Incidents {
  readonly all: Incident[] = [];

  /** Causes an incident and records how long it took. */
  async during(kind: Incident['kind'], what: string, work: () => Promise<void>, worker?: string): Promise<void> {
    const from = Date.now();
    await work();
    this.all.push({ kind, what, from, to: Date.now(), worker: worker ?? null });
  }
}
