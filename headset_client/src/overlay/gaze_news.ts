/** What the wearer looks at, as the host is told it: only what is news, a few times a second at most. */

import type { LookingAt } from "../protocol.gen.ts";

/** A point that moved by less is the same: a head is never still. */
const NEWS_M = 0.002;

const NOTHING: LookingAt = { type: "looking_at", structure: null, point_patient_m: null };

export class GazeNews {
  #told: LookingAt = NOTHING;

  /** The message that tells of this structure and point, in patient axes; null where it is no news. */
  next(structure: string | null, pointPatientM: readonly number[] | null): LookingAt | null {
    const before = this.#told;
    if (pointPatientM === null) {
      if (before.point_patient_m === null) return null;
      this.#told = NOTHING;
      return NOTHING;
    }
    if (before.structure === structure && !moved(before.point_patient_m, pointPatientM)) return null;
    const [x, y, z] = pointPatientM.map((m) => Math.round(m * 1e5) / 1e5) as [number, number, number];
    this.#told = { type: "looking_at", structure, point_patient_m: [x, y, z] };
    return this.#told;
  }

  /** Another host, or another connection, was told nothing yet. */
  forget(): void {
    this.#told = NOTHING;
  }
}

function moved(before: readonly number[] | null, now: readonly number[]): boolean {
  if (before === null) return true;
  const [x, y, z] = now.map((m, axis) => m - before[axis]!) as [number, number, number];
  return Math.hypot(x, y, z) >= NEWS_M;
}
