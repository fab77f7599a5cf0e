/** The six steps in their order. */

export const STEPS = ["patient", "team", "camera", "register", "check", "live"] as const;
export type Step = (typeof STEPS)[number];

/** The step after this one; the last one has none. */
export function stepAfter(step: Step): Step | null {
  return STEPS[STEPS.indexOf(step) + 1] ?? null;
}

/** The step before this one; the first one has none. */
export function stepBefore(step: Step): Step | null {
  return STEPS[STEPS.indexOf(step) - 1] ?? null;
}
