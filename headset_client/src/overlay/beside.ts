/**
 * When the model floats beside the patient, and where: never on the patient, life size, one place at a time.
 *
 * It appears when the overlay has been hidden for a while, or at once where somebody asked for it; it goes at once
 * when it must not be drawn. It rests in the world where it appeared, and can be turned about the vertical.
 */

import { identity, type Matrix, multiply } from "../frames.ts";

/** The overlay must be hidden for so long: a model that jumps to and fro at every lost picture is worse. */
const AFTER_MS = 1000;
/** From the edge of the field to the edge of the twin, m, at least. */
export const CLEAR_M = 0.15;
/** From middle to middle, at least, m. */
const LEAST_M = 0.45;
/** To the right, up and away, as the wearer stands before the field. */
const TO = [0.64, 0.6, 0.48] as const;
/** Before the head, where nobody knows the field: ahead, to the right and down, m. */
const AHEAD_M = 0.75;
const RIGHT_M = 0.3;
const DOWN_M = 0.12;
/** A twin farther than this from the head is placed anew. */
const FAR_M = 1.6;
/** How far the model turns for each turn of the head while it is held. */
const TURNS = 3;

export interface BesideFacts {
  /** Whether anything of the patient may be drawn at all, and this very model. */
  readonly allowed: boolean;
  /** The model stands on the patient. */
  readonly overlaid: boolean;
  /** There is room to draw it twice. */
  readonly room: boolean;
  /** Somebody asked for it, or nothing can stand on the patient here. */
  readonly wanted: boolean;
  /** The wearer turned away from the field: nothing comes up unasked. */
  readonly away: boolean;
}

export class Beside {
  #hiddenSinceMs = NaN;

  /** Whether it is drawn in this frame. */
  shows(nowMs: number, { allowed, overlaid, room, wanted, away }: BesideFacts): boolean {
    if (overlaid || !allowed) this.#hiddenSinceMs = NaN;
    if (!allowed) return false;
    if (overlaid) return wanted && room;
    if (Number.isNaN(this.#hiddenSinceMs)) this.#hiddenSinceMs = nowMs;
    return wanted || (!away && nowMs - this.#hiddenSinceMs >= AFTER_MS);
  }
}

/** The place of the twin in the world. */
export class BesidePlace {
  readonly worldFromModel = identity();
  /** The middle of the twin, world, m. */
  readonly middle = new Float64Array(3);
  readonly #upright = identity();
  readonly #turned = identity();
  #placed = false;
  #turn = 0;
  #heldYaw = NaN;

  /** Place it anew the next time. */
  forget(): void {
    this.#placed = false;
    this.#heldYaw = NaN;
    this.#turn = 0;
  }

  /** Hold it from here on, and turn it along with the head; or let it go. */
  hold(held: boolean, worldFromHead: Matrix): void {
    if (!held) this.#heldYaw = NaN;
    else {
      const yaw = Math.atan2(worldFromHead[8]!, worldFromHead[10]!);
      if (!Number.isNaN(this.#heldYaw)) this.#turn += TURNS * Math.atan2(Math.sin(yaw - this.#heldYaw), Math.cos(yaw - this.#heldYaw));
      this.#heldYaw = yaw;
    }
  }

  /** Whether the line straight ahead meets the ball around it. */
  isLookedAt(worldFromHead: Matrix, radiusM: number): boolean {
    const x = this.middle[0]! - worldFromHead[12]!;
    const y = this.middle[1]! - worldFromHead[13]!;
    const z = this.middle[2]! - worldFromHead[14]!;
    const ahead = -(x * worldFromHead[8]! + y * worldFromHead[9]! + z * worldFromHead[10]!);
    return ahead > 0 && x * x + y * y + z * z - ahead * ahead <= radiusM * radiusM;
  }

  /**
   * Place it for this frame.
   *
   * `field` is world from model of the model on the patient, null while nobody knows; `middle` and `radiusM` are of
   * the ball around the model, model axes, m. As it lies on the patient, or else head up and seen from behind.
   */
  update(worldFromHead: Matrix, field: Matrix | null, middle: ArrayLike<number>, radiusM: number): void {
    if (!this.#placed || this.#isFar(worldFromHead) || this.#isOn(field, middle, radiusM)) {
      this.#place(worldFromHead, field, middle, radiusM);
      this.#placed = true;
    }
    const { worldFromModel } = this;
    const turn = this.#turned;
    turn[0] = turn[10] = Math.cos(this.#turn);
    turn[8] = Math.sin(this.#turn);
    turn[2] = -turn[8];
    multiply(worldFromModel, turn, this.#upright);
    for (let row = 0; row < 3; row += 1) {
      let at = 0;
      for (let k = 0; k < 3; k += 1) at += worldFromModel[4 * k + row]! * middle[k]!;
      worldFromModel[12 + row] = this.middle[row]! - at;
    }
  }

  #isFar(head: Matrix): boolean {
    return Math.hypot(this.middle[0]! - head[12]!, this.middle[1]! - head[13]!, this.middle[2]! - head[14]!) > FAR_M;
  }

  #isOn(field: Matrix | null, middle: ArrayLike<number>, radiusM: number): boolean {
    if (field === null) return false;
    let distance2 = 0;
    for (let row = 0; row < 3; row += 1) distance2 += (this.middle[row]! - placeIn(field, middle, row)) ** 2;
    return Math.sqrt(distance2) < 2 * radiusM + CLEAR_M;
  }

  #place(head: Matrix, field: Matrix | null, middle: ArrayLike<number>, radiusM: number): void {
    this.#upright.fill(0);
    this.#upright[15] = 1;
    // The wearer's level forward, towards the field where it is known.
    let fx = -head[8]!;
    let fz = -head[10]!;
    if (field !== null) {
      fx = placeIn(field, middle, 0) - head[12]!;
      fz = placeIn(field, middle, 2) - head[14]!;
    }
    let length = Math.hypot(fx, fz);
    if (length < 1e-3) {
      // Straight down: the top of the head points forward.
      fx = head[4]!;
      fz = head[6]!;
      length = Math.hypot(fx, fz) || 1;
    }
    fx /= length;
    fz /= length;
    if (field !== null) {
      const by = Math.max(LEAST_M, 2 * radiusM + CLEAR_M);
      this.middle[0] = placeIn(field, middle, 0) + by * (TO[0] * -fz + TO[2] * fx);
      this.middle[1] = placeIn(field, middle, 1) + by * TO[1];
      this.middle[2] = placeIn(field, middle, 2) + by * (TO[0] * fx + TO[2] * fz);
      for (let at = 0; at < 11; at += 1) this.#upright[at] = field[at]!;
    } else {
      this.middle[0] = head[12]! + AHEAD_M * fx + RIGHT_M * -fz;
      this.middle[1] = head[13]! - DOWN_M;
      this.middle[2] = head[14]! + AHEAD_M * fz + RIGHT_M * fx;
      // Model axes: left, superior, anterior. Superior up, anterior away from the wearer.
      this.#upright[0] = fz;
      this.#upright[2] = -fx;
      this.#upright[5] = 1;
      this.#upright[8] = fx;
      this.#upright[10] = fz;
    }
  }
}

function placeIn(worldFromModel: Matrix, point: ArrayLike<number>, row: number): number {
  const m = worldFromModel;
  return m[row]! * point[0]! + m[4 + row]! * point[1]! + m[8 + row]! * point[2]! + m[12 + row]!;
}
