/**
 * Whether the wearer's head is with the field: who turns or walks away sees nothing of the overlay.
 *
 * The view clears itself so that it covers nobody's monitor and nobody's colleague, and comes back by itself. The
 * field is a ball around the model. Leaving takes a larger angle than coming back, and a moment.
 */

import type { Matrix } from "../frames.ts";

export const LOOKS_AWAY = "You look away from the field.";
export const IS_AWAY = "You are away from the field.";

const DEG = Math.PI / 180;
/**
 * From the line of sight to the edge of the field: beyond the first it is left, within the second come back to.
 * Who looks at the menu, 35 degrees beside the field, has not left it.
 */
const LEAVES_RAD = 50 * DEG;
const RETURNS_RAD = 42 * DEG;
/** From the head to the edge of the field, m. */
const LEAVES_M = 2.0;
const RETURNS_M = 1.8;
/** A glance is no leaving. */
const LEAVES_AFTER_MS = 400;

export class Field {
  #away = "";
  #leavingMs = NaN;

  /** Why nothing is drawn, in a sentence, or null while the head is with the field. */
  get away(): string | null {
    return this.#away === "" ? null : this.#away;
  }

  /** Nobody knows where the field is, or the session is another: nobody left it. */
  reset(): void {
    this.#away = "";
    this.#leavingMs = NaN;
  }

  /** Look at the head, told as world from head, and the ball around the model, told in the world, m. */
  at(nowMs: number, worldFromHead: Matrix, centre: ArrayLike<number>, radiusM: number): string | null {
    const x = centre[0]! - worldFromHead[12]!;
    const y = centre[1]! - worldFromHead[13]!;
    const z = centre[2]! - worldFromHead[14]!;
    const distanceM = Math.hypot(x, y, z);
    const ahead = -(x * worldFromHead[8]! + y * worldFromHead[9]! + z * worldFromHead[10]!);
    const angle = Math.acos(Math.min(1, Math.max(-1, ahead / distanceM)));
    // Inside the ball every direction is the field's.
    const beyondRad = distanceM <= radiusM ? 0 : angle - Math.asin(radiusM / distanceM);
    const beyondM = distanceM - radiusM;
    if (this.#away !== "") {
      if (beyondRad <= RETURNS_RAD && beyondM <= RETURNS_M) this.reset();
      return this.away;
    }
    const reason = beyondM > LEAVES_M ? IS_AWAY : beyondRad > LEAVES_RAD ? LOOKS_AWAY : "";
    if (reason === "") this.#leavingMs = NaN;
    else if (Number.isNaN(this.#leavingMs)) this.#leavingMs = nowMs;
    else if (nowMs - this.#leavingMs >= LEAVES_AFTER_MS) this.#away = reason;
    return this.away;
  }
}
