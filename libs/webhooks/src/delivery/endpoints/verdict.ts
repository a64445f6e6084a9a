/** What an attempt says of its endpoint. */
export type Verdict =
  | { readonly kind: 'succeeded' }
  | {
      readonly kind: 'failed';
      /** Whether the receiver says that it has too much to do, or cannot be reached behind its gateway. */
      readonly overloaded: boolean;
      /** How long it asks to be left alone, in ms; null when it does not. */
      readonly retryAfterMs: number | null;
      /** Whether it says that there will never be anything here again. */
      readonly gone: boolean;
    }
  /** Nothing was sent, or for reasons that are not the endpoint's. */
  | { readonly kind: 'none' };

export const NO_VERDICT: Verdict = { kind: 'none' };
