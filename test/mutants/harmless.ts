/** A mutant that no test can notice, or that changes nothing that was promised. */
export interface HarmlessMutant {
  /** From the library's sources. */
  readonly file: string;
  /** The line that changes, trimmed. */
  readonly was: string;
  readonly is: string;
  readonly because: string;
}

export const HARMLESS: readonly HarmlessMutant[] = [];
