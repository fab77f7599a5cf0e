/** What the nurse has picked and typed for a new case. */

export interface Wish {
  readonly entry: string | null;
  /** Number of a series; null for the best by rule. */
  readonly series: number | null;
  readonly name: string;
}

export const NO_WISH: Wish = { entry: null, series: null, name: "" };
