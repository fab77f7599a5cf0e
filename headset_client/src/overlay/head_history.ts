/** Where the wearer's head was in the last second and a half, and how much it moved. Allocates nothing per frame. */

import { type Matrix, setNumbers } from "../frames.ts";
import type { HeadPose } from "../protocol.gen.ts";

/** One and a half seconds at 90 Hz. */
const SLOTS = 128;
const NUMBERS = 7;
/** Between poses farther apart nobody knows where the head was; the host's own rule (hazard H13). */
const MAX_GAP_MS = 50;

/** How far the head was from where it is now, at most. */
export interface Motion {
  mm: number;
  rad: number;
}

export class HeadHistory {
  readonly #atMs = new Float64Array(SLOTS);
  readonly #poses = new Float64Array(SLOTS * NUMBERS);
  #count = 0;
  #taken = 0;

  /** The head is here at this time; a time that is not later than the newest is left out. */
  add(atMs: number, worldFromHead: Matrix): void {
    if (this.#count > 0 && atMs <= this.newestMs) return;
    const slot = this.#count % SLOTS;
    this.#atMs[slot] = atMs;
    setNumbers(this.#poses, slot * NUMBERS, worldFromHead);
    this.#count += 1;
  }

  /** Forget all of it: the world is another one. */
  clear(): void {
    this.#count = 0;
    this.#taken = 0;
  }

  get newestMs(): number {
    return this.#count === 0 ? -Infinity : this.#atMs[(this.#count - 1) % SLOTS]!;
  }

  /** Poses that were not taken yet. */
  get waiting(): number {
    return Math.min(this.#count - this.#taken, SLOTS);
  }

  /** Take the newest poses that were not taken yet, `most` of them, oldest first, times told by the host's clock. */
  take(most: number, offsetMs: number): HeadPose[] {
    const first = Math.max(this.#taken, this.#count - Math.min(most, SLOTS));
    const heads: HeadPose[] = [];
    for (let number = first; number < this.#count; number += 1) {
      const slot = number % SLOTS;
      const [x, y, z, qx, qy, qz, qw] = this.#poses.subarray(slot * NUMBERS, (slot + 1) * NUMBERS);
      heads.push({
        at_ns: Math.round((this.#atMs[slot]! + offsetMs) * 1e6),
        position_m: [x!, y!, z!],
        quat_xyzw: [qx!, qy!, qz!, qw!],
      });
    }
    this.#taken = this.#count;
    return heads;
  }

  /** Write how far the head was from the newest pose within the last `spanMs`; infinitely far where that is not known. */
  motionInto(out: Motion, spanMs: number): Motion {
    out.mm = out.rad = Infinity;
    const oldest = Math.max(0, this.#count - SLOTS);
    let mm = 0;
    let rad = 0;
    for (let number = this.#count - 1; number >= oldest; number -= 1) {
      const slot = number % SLOTS;
      mm = Math.max(mm, this.#awayMm(slot));
      rad = Math.max(rad, this.#turnRad(slot));
      if (this.newestMs - this.#atMs[slot]! >= spanMs) {
        out.mm = mm;
        out.rad = rad;
        break;
      }
      if (number === oldest || this.#atMs[slot]! - this.#atMs[(number - 1) % SLOTS]! > MAX_GAP_MS) break;
    }
    return out;
  }

  #awayMm(slot: number): number {
    const a = slot * NUMBERS;
    const b = ((this.#count - 1) % SLOTS) * NUMBERS;
    const p = this.#poses;
    return 1000 * Math.hypot(p[a]! - p[b]!, p[a + 1]! - p[b + 1]!, p[a + 2]! - p[b + 2]!);
  }

  #turnRad(slot: number): number {
    const a = slot * NUMBERS + 3;
    const b = ((this.#count - 1) % SLOTS) * NUMBERS + 3;
    const p = this.#poses;
    const dot = p[a]! * p[b]! + p[a + 1]! * p[b + 1]! + p[a + 2]! * p[b + 2]! + p[a + 3]! * p[b + 3]!;
    // The difference of the quaternions keeps small angles, which the arc cosine loses.
    const sign = dot < 0 ? -1 : 1;
    const half = Math.hypot(
      p[a]! - sign * p[b]!,
      p[a + 1]! - sign * p[b + 1]!,
      p[a + 2]! - sign * p[b + 2]!,
      p[a + 3]! - sign * p[b + 3]!,
    );
    return 2 * Math.atan2(half * Math.sqrt(Math.max(0, 1 - (half * half) / 4)), Math.abs(dot));
  }
}
