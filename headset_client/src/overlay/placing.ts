/**
 * Where the menu hangs: right of the field and low, never within 20 degrees of the line to it.
 *
 * It rests in the world, so that the head can turn to it. Only when the field lies elsewhere, seen from the
 * head, or the wearer walked, does it move, and never while it is looked at.
 */

import type { Matrix } from "../frames.ts";
import { FACE } from "./menu.ts";

/** Nothing is drawn nearer than this to the line of sight to the field, rad. */
export const KEPT_FREE_RAD = (20 * Math.PI) / 180;
/** The middle of the menu, off the line to the field. */
const OFF_RAD = (35 * Math.PI) / 180;
/** How far below the horizontal of the view that direction turns: right, and low. */
const LOW_RAD = (25 * Math.PI) / 180;
export const MENU_DISTANCE_M = 0.8;
/** The field may wander this far from it, seen from the head, before the menu follows. */
const FAR_RAD = (55 * Math.PI) / 180;
const HALF_DIAGONAL_M = Math.hypot(FACE.width, FACE.height) / 2;
/** Where no field is known the head itself turns to the menu: it follows only one that turned far from it. */
const BEHIND_RAD = (85 * Math.PI) / 180;
const NEAREST_M = 0.45;
const FARTHEST_M = 1.4;
/** The face may be seen from this far aside, rad. */
const ASIDE_RAD = (35 * Math.PI) / 180;

export class Placing {
  readonly #forward = new Float64Array(3);
  readonly #toMenu = new Float64Array(3);
  #hung = false;

  /** Forget where it hung: a session begins. */
  reset(): void {
    this.#hung = false;
  }

  /**
   * Write the menu's place, world from menu (its face towards +z), into `out` if it must move.
   *
   * `field`: the patient's place in the world, or null while that is unknown: the line ahead counts then.
   * Returns whether it moved.
   */
  update(out: Matrix, worldFromHead: Matrix, field: Matrix | null, lookedAt: boolean): boolean {
    setForward(this.#forward, worldFromHead, field);
    if (this.#hung && (lookedAt || this.#hangsWell(out, worldFromHead, field !== null))) return false;
    setPlace(out, worldFromHead, this.#forward);
    this.#hung = true;
    return true;
  }

  #hangsWell(menu: Matrix, worldFromHead: Matrix, fieldKnown: boolean): boolean {
    const toMenu = this.#toMenu;
    for (let axis = 0; axis < 3; axis += 1) toMenu[axis] = menu[12 + axis]! - worldFromHead[12 + axis]!;
    const distanceM = Math.hypot(toMenu[0]!, toMenu[1]!, toMenu[2]!);
    if (distanceM < NEAREST_M || distanceM > FARTHEST_M) return false;
    let alongFace = 0;
    let along = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      alongFace -= (toMenu[axis]! * menu[8 + axis]!) / distanceM;
      along += (toMenu[axis]! * this.#forward[axis]!) / distanceM;
    }
    if (alongFace < Math.cos(ASIDE_RAD)) return false;
    const angleRad = Math.acos(Math.min(1, Math.max(-1, along)));
    if (!fieldKnown) return angleRad <= BEHIND_RAD;
    return angleRad - Math.atan2(HALF_DIAGONAL_M, distanceM) >= KEPT_FREE_RAD && angleRad <= FAR_RAD;
  }
}

function setForward(out: Float64Array, worldFromHead: Matrix, field: Matrix | null): void {
  for (let axis = 0; axis < 3; axis += 1) {
    out[axis] = field === null ? -worldFromHead[8 + axis]! : field[12 + axis]! - worldFromHead[12 + axis]!;
  }
  const length = Math.hypot(out[0]!, out[1]!, out[2]!);
  for (let axis = 0; axis < 3; axis += 1) out[axis] = out[axis]! / length;
}

function setPlace(out: Matrix, worldFromHead: Matrix, forward: Float64Array): void {
  // The head's own right, made square to the line to the field; then up from the two.
  let along = 0;
  for (let axis = 0; axis < 3; axis += 1) along += worldFromHead[axis]! * forward[axis]!;
  const right = [0, 1, 2].map((axis) => worldFromHead[axis]! - along * forward[axis]!);
  const length = Math.hypot(right[0]!, right[1]!, right[2]!);
  const [x, y, z] = right.map((part) => part / length) as [number, number, number];
  const [fx, fy, fz] = forward as unknown as [number, number, number];
  const up = [y * fz - z * fy, z * fx - x * fz, x * fy - y * fx];
  const direction = [x, y, z].map(
    (part, axis) =>
      Math.cos(OFF_RAD) * forward[axis]! +
      Math.sin(OFF_RAD) * (Math.cos(LOW_RAD) * part - Math.sin(LOW_RAD) * up[axis]!),
  );
  // Its face looks back at the head; its upper edge stays level with the eyes'.
  const back = direction.map((part) => -part) as [number, number, number];
  const side = cross(up as [number, number, number], back);
  const top = cross(back, side);
  for (let axis = 0; axis < 3; axis += 1) {
    out[axis] = side[axis]!;
    out[4 + axis] = top[axis]!;
    out[8 + axis] = back[axis]!;
    out[12 + axis] = worldFromHead[12 + axis]! + MENU_DISTANCE_M * direction[axis]!;
  }
  out[3] = out[7] = out[11] = 0;
  out[15] = 1;
}

type Three = [number, number, number];

function cross(a: Three, b: Three): Three {
  const c: Three = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const length = Math.hypot(...c);
  return [c[0] / length, c[1] / length, c[2] / length];
}
