/**
 * A fingertip held on a point: where it rested, and how sure that is.
 *
 * The mean of a short rest, since a hand trembles; while it moves there is no touch.
 */

import { invertRigid, identity, type Matrix } from "../frames.ts";

/**
 * Of a fingertip's place, 1 sigma along each axis, mm.
 *
 * Headsets find a fingertip to 11 mm on average (Meta Quest 2: Abdlkarim et al., Behavior Research Methods 56,
 * 2024, doi 10.3758/s13428-022-02051-8). The mean length of an error of 1 sigma along three axes is
 * sigma sqrt(8 / pi), so sigma is 11 mm / 1.596. Newer hands were not measured here.
 */
export const FINGERTIP_SIGMA_MM = 7;
/** The tip rests while it stays this near to the mean, m. */
const REST_WITHIN_M = 0.004;
const REST_MS = 300;
const KEPT = 64;

/** The newest places of one fingertip, in the world. */
export class Fingertip {
  readonly #places = new Float64Array(3 * KEPT);
  readonly #times = new Float64Array(KEPT);
  readonly #mean = new Float64Array(3);
  #count = 0;

  /** The tip was here. */
  add(nowMs: number, x: number, y: number, z: number): void {
    const at = this.#count % KEPT;
    this.#places[3 * at] = x;
    this.#places[3 * at + 1] = y;
    this.#places[3 * at + 2] = z;
    this.#times[at] = nowMs;
    this.#count += 1;
  }

  /** The hand went out of sight: what was before is no rest of now. */
  lost(): void {
    this.#count = 0;
  }

  /** Where it rested over the last 300 ms, m; null while it moves, or was not seen for so long. */
  rest(nowMs: number): Readonly<Float64Array> | null {
    const mean = this.#mean.fill(0);
    let used = 0;
    let oldestMs = nowMs;
    for (let back = 1; back <= Math.min(this.#count, KEPT); back += 1) {
      const at = (this.#count - back) % KEPT;
      for (let axis = 0; axis < 3; axis += 1) mean[axis] = mean[axis]! + this.#places[3 * at + axis]!;
      used += 1;
      oldestMs = this.#times[at]!;
      // A slow display shows few places in that time: three say more than two.
      if (nowMs - oldestMs >= REST_MS && used >= 3) break;
    }
    const newestMs = this.#times[(this.#count - 1) % KEPT]!;
    if (used < 3 || nowMs - oldestMs < REST_MS || nowMs - newestMs > REST_MS) return null;
    for (let axis = 0; axis < 3; axis += 1) mean[axis] = mean[axis]! / used;
    for (let back = 1; back <= used; back += 1) {
      const at = (this.#count - back) % KEPT;
      const off = Math.hypot(
        this.#places[3 * at]! - mean[0]!,
        this.#places[3 * at + 1]! - mean[1]!,
        this.#places[3 * at + 2]! - mean[2]!,
      );
      if (!(off <= REST_WITHIN_M)) return null;
    }
    return mean;
  }
}

/** Carry a point of the world, m, into the room. */
export function inRoom(worldFromRoom: Matrix, point: Readonly<Float64Array>): [number, number, number] {
  const m = invertRigid(identity(), worldFromRoom);
  const [x, y, z] = point as unknown as [number, number, number];
  const row = (r: number): number => m[r]! * x + m[4 + r]! * y + m[8 + r]! * z + m[12 + r]!;
  return [row(0), row(1), row(2)];
}
