/** When a point rests: it stays within a small ball for a while, and its mean is where it was meant to be. */

import type { Point } from "./points.ts";
import { distance } from "./points.ts";

export interface Rest {
  readonly at: Point;
  /** How far the point scattered about it, root mean square along one axis, metres. */
  readonly scatter: number;
}

export class Resting {
  readonly #withinM: number;
  readonly #forMs: number;
  readonly #sum: [number, number, number] = [0, 0, 0];
  #squares = 0;
  #count = 0;
  #sinceMs = 0;
  #lastMs = -Infinity;
  readonly #first: [number, number, number] = [0, 0, 0];

  constructor(withinM: number, forMs: number) {
    this.#withinM = withinM;
    this.#forMs = forMs;
  }

  /** How much of the wanted rest has passed, 0 to 1. */
  fraction(nowMs: number): number {
    return this.#count === 0 ? 0 : Math.min(1, (nowMs - this.#sinceMs) / this.#forMs);
  }

  /** The point is here now, or unknown. Returns the rest once it lasted long enough, and begins anew. */
  add(nowMs: number, point: Point | null): Rest | null {
    if (point === null) {
      this.clear();
      return null;
    }
    // A gap is no rest: nobody knows where the point was meanwhile.
    if (this.#count > 0 && (nowMs - this.#lastMs > 200 || distance(point, this.#mean()) > this.#withinM)) this.clear();
    if (this.#count === 0) {
      this.#sinceMs = nowMs;
      for (let axis = 0; axis < 3; axis += 1) this.#first[axis] = point[axis]!;
    }
    this.#lastMs = nowMs;
    this.#count += 1;
    for (let axis = 0; axis < 3; axis += 1) {
      const off = point[axis]! - this.#first[axis]!;
      this.#sum[axis] = this.#sum[axis]! + off;
      this.#squares += off * off;
    }
    if (nowMs - this.#sinceMs < this.#forMs || this.#count < 5) return null;
    const at = this.#mean();
    const ofMean = this.#sum.reduce((sum, part) => sum + (part / this.#count) ** 2, 0);
    const scatter = Math.sqrt(Math.max(0, this.#squares / this.#count - ofMean) / 3);
    this.clear();
    return { at, scatter };
  }

  clear(): void {
    this.#count = 0;
    this.#squares = 0;
    this.#sum.fill(0);
  }

  #mean(): Point {
    const [x, y, z] = this.#sum;
    const [fx, fy, fz] = this.#first;
    return [fx + x / this.#count, fy + y / this.#count, fz + z / this.#count];
  }
}
