/** The greatest age of the pose within the last second: what is shown of it neither flickers nor flatters. */

const EVERY_MS = 1000;
/** Steps in which it is told, ms. */
const STEP_MS = 10;

export class WorstAge {
  #told: number | null = null;
  #worst: number | null = null;
  #sinceMs = -Infinity;

  /** Begin anew: what was before belongs to another state. */
  reset(): void {
    this.#told = null;
    this.#worst = null;
    this.#sinceMs = -Infinity;
  }

  /** Take in the age of this frame, null while unknown; returns what to tell, rounded up. */
  at(nowMs: number, ageMs: number | null): number | null {
    if (nowMs - this.#sinceMs >= EVERY_MS) {
      this.#told = this.#worst ?? stepped(ageMs);
      this.#worst = null;
      this.#sinceMs = nowMs;
    }
    if (ageMs === null) this.#told = null;
    else {
      this.#worst = Math.max(this.#worst ?? 0, stepped(ageMs)!);
      // News that is bad does not wait.
      if (this.#told === null || this.#worst > this.#told) this.#told = this.#worst;
    }
    return this.#told;
  }
}

function stepped(ageMs: number | null): number | null {
  return ageMs === null ? null : Math.ceil(Math.max(0, ageMs) / STEP_MS) * STEP_MS;
}
