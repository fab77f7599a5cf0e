/**
 * Where the patient is now, from poses that tell where it was: a patient at rest is drawn exactly as streamed.
 *
 * Only above a speed that no rest and no breath reaches is the motion carried on: at constant velocity, by the age
 * of the pose and never further than `MOST_AHEAD_MS`. What moves so is being moved by people, who stop when they
 * like: the velocity must have stood for a while, and one pose at rest ends it.
 */

import { identity, type Matrix, multiply } from "../frames.ts";

/** Speed of the model's middle, m/s, and of its turning, rad/s, up to which a pose is drawn as it came. */
export const SLOW_M_PER_S = 0.03;
export const SLOW_RAD_PER_S = 0.15;
/** Nothing on an operating table moves faster: such a jump is another pose, not a motion. */
const FAST_M_PER_S = 0.5;
const FAST_RAD_PER_S = 2;
export const MOST_AHEAD_MS = 100;
/** Velocities are told from poses so far apart, in two halves: nearer ones tell noise. */
const BASE_MS = 60;
/** Poses farther apart tell nothing of what lies between. */
const MOST_APART_MS = 125;
/** By how much of itself a velocity may change between the halves. */
const MOST_CHANGE = 0.5;
const KEPT = 32;
const NS_PER_MS = 1e6;

export class Motion {
  readonly #atMs = new Float64Array(KEPT);
  readonly #poses = Array.from({ length: KEPT }, identity);
  #count = 0;
  readonly #delta = identity();
  readonly #inverse = identity();
  readonly #moved = identity();
  /** Of the newest pose, in the room: turning about an axis, and the speed of the model's middle. */
  readonly #axis = new Float64Array(3);
  readonly #velocity = new Float64Array(3);
  readonly #middle = new Float64Array(3);
  #turning = 0;
  #moves = false;

  /** Poses of another room, model or connection come. */
  clear(): void {
    this.#count = 0;
    this.#moves = false;
  }

  /** Take in the newest pose: `room_from_patient` as it was at its exposure, and the model's middle, patient axes, m. */
  take(captureNs: number, roomFromPatient: Matrix, middle: ArrayLike<number>): void {
    const atMs = captureNs / NS_PER_MS;
    if (this.#count > 0) {
      const newestMs = this.#atMs[(this.#count - 1) % KEPT]!;
      if (atMs === newestMs) return;
      if (atMs < newestMs || atMs - newestMs > MOST_APART_MS) this.clear();
    }
    const at = this.#count % KEPT;
    this.#atMs[at] = atMs;
    this.#poses[at]!.set(roomFromPatient);
    this.#count += 1;
    this.#measure(middle);
  }

  /** Whether the newest pose moves, so that it is carried on. */
  get moves(): boolean {
    return this.#moves;
  }

  /** Write where the patient is `ageMs` after the exposure of the newest pose into `out`. */
  into(out: Matrix, ageMs: number): Matrix {
    const pose = this.#poses[(this.#count - 1) % KEPT]!;
    const seconds = Math.min(Math.max(0, ageMs), MOST_AHEAD_MS) / 1000;
    if (!this.#moves || !(seconds > 0)) {
      out.set(pose);
      return out;
    }
    // About the middle, which itself goes on straight: turn there, then move.
    const m = this.#moved;
    setTurn(m, this.#axis, this.#turning * seconds);
    for (let row = 0; row < 3; row += 1) {
      let turned = 0;
      for (let k = 0; k < 3; k += 1) turned += m[4 * k + row]! * this.#middle[k]!;
      m[12 + row] = this.#middle[row]! - turned + this.#velocity[row]! * seconds;
    }
    return multiply(out, m, pose);
  }

  #measure(middle: ArrayLike<number>): void {
    this.#moves = false;
    const newest = this.#count - 1;
    const half = this.#before(newest);
    const first = half < 0 ? -1 : this.#before(half);
    if (first < 0) return;
    // Both halves must move, and alike: one wrong pose, a start or a stop is no motion to carry on.
    if (!this.#velocityOver(first, half, middle)) return;
    const [vx, vy, vz] = [this.#velocity[0]!, this.#velocity[1]!, this.#velocity[2]!];
    const turning = this.#turning;
    if (!this.#velocityOver(half, newest, middle)) return;
    const changed = Math.hypot(this.#velocity[0]! - vx, this.#velocity[1]! - vy, this.#velocity[2]! - vz);
    const turningChanged = Math.abs(this.#turning - turning);
    if (!this.#velocityOver(first, newest, middle)) return;
    const speed = Math.hypot(this.#velocity[0]!, this.#velocity[1]!, this.#velocity[2]!);
    this.#moves =
      changed <= Math.max(MOST_CHANGE * speed, SLOW_M_PER_S / 2) &&
      turningChanged <= Math.max(MOST_CHANGE * this.#turning, SLOW_RAD_PER_S / 2);
  }

  /** The newest pose that is half the base older than that one, or -1. */
  #before(newest: number): number {
    const newestMs = this.#atMs[newest % KEPT]!;
    for (let index = newest - 1; index >= Math.max(0, this.#count - KEPT); index -= 1) {
      const apartMs = newestMs - this.#atMs[index % KEPT]!;
      if (apartMs >= BASE_MS / 2) return apartMs <= MOST_APART_MS ? index : -1;
    }
    return -1;
  }

  /** Measure the velocity between two poses; false where it is a rest or a jump. */
  #velocityOver(from: number, to: number, middle: ArrayLike<number>): boolean {
    const seconds = (this.#atMs[to % KEPT]! - this.#atMs[from % KEPT]!) / 1000;
    const a = this.#poses[from % KEPT]!;
    const b = this.#poses[to % KEPT]!;
    let speed2 = 0;
    for (let row = 0; row < 3; row += 1) {
      let was = a[12 + row]!;
      let is = b[12 + row]!;
      for (let k = 0; k < 3; k += 1) {
        was += a[4 * k + row]! * middle[k]!;
        is += b[4 * k + row]! * middle[k]!;
      }
      this.#middle[row] = is;
      this.#velocity[row] = (is - was) / seconds;
      speed2 += this.#velocity[row]! ** 2;
    }
    transposeTurn(this.#inverse, a);
    multiply(this.#delta, b, this.#inverse);
    this.#turning = turnOf(this.#axis, this.#delta) / seconds;
    const speed = Math.sqrt(speed2);
    const rests = speed < SLOW_M_PER_S && this.#turning < SLOW_RAD_PER_S;
    return !rests && speed <= FAST_M_PER_S && this.#turning <= FAST_RAD_PER_S;
  }
}

/** The inverse of the turn of a matrix alone. */
function transposeTurn(out: Matrix, of: Matrix): void {
  for (let column = 0; column < 3; column += 1) {
    for (let row = 0; row < 3; row += 1) out[4 * column + row] = of[4 * row + column]!;
  }
}

/** The angle, rad, of a small turn, and its axis into `axis`. */
function turnOf(axis: Float64Array, turn: Matrix): number {
  axis[0] = turn[6]! - turn[9]!;
  axis[1] = turn[8]! - turn[2]!;
  axis[2] = turn[1]! - turn[4]!;
  const twice = Math.hypot(axis[0], axis[1], axis[2]);
  const angle = Math.atan2(twice, turn[0]! + turn[5]! + turn[10]! - 1);
  for (let k = 0; k < 3; k += 1) axis[k] = twice > 0 ? axis[k]! / twice : k === 0 ? 1 : 0;
  return angle;
}

/** A turn about an axis, as a matrix without a place (Rodrigues). */
function setTurn(out: Matrix, axis: Float64Array, angle: number): void {
  const [x, y, z] = [axis[0]!, axis[1]!, axis[2]!];
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const t = 1 - c;
  out[0] = t * x * x + c;
  out[1] = t * x * y + s * z;
  out[2] = t * x * z - s * y;
  out[4] = t * x * y - s * z;
  out[5] = t * y * y + c;
  out[6] = t * y * z + s * x;
  out[8] = t * x * z + s * y;
  out[9] = t * y * z - s * x;
  out[10] = t * z * z + c;
}
