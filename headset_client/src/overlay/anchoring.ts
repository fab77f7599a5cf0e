/**
 * Keeps the room where it was found while the headset's own map is mended under it.
 *
 * A headset corrects its map as it looks around, and the world's origin slides by millimetres. An anchor
 * slides along with the map: what its pose did since the room was found, the room does too. A step beyond
 * `DRIFT_LIMIT_M` is no mending but another place, and the overlay waits until the board was looked at anew
 * (hazard H09).
 */

import { identity, invertRigid, type Matrix, multiply } from "../frames.ts";
import type { ViewFault } from "./state.ts";

/** At the anchor, which stands at the patient, m. */
const DRIFT_LIMIT_M = 0.005;
/** How far the room may turn about it: 5 mm at 0.2 m from the anchor. */
const TURN_LIMIT_RAD = 0.025;

const DRIFTED: ViewFault = {
  word: "HOLD",
  why: "The headset's world moved by more than 5 mm. Look at the board again.",
  reason: "NOT_ALIGNED",
};

export class Anchoring {
  readonly #anchorFromRoom = identity();
  readonly #worldFromAnchorThen = identity();
  readonly #thenFromNow = identity();
  readonly #anchorFromWorld = identity();
  readonly #steady = identity();
  #version: number | null = null;
  #held = false;
  #drifted = false;
  #movedM = 0;

  /** Whether the room of this version hangs on the anchor. */
  holds(version: number): boolean {
    return this.#held && this.#version === version;
  }

  /** How far the anchor moved since the room was hung on it, m. */
  get movedM(): number {
    return this.#movedM;
  }

  /** Hang the room, as it was found in this version of the alignment, on an anchor that stands here now. */
  hang(version: number, worldFromRoom: Matrix, worldFromAnchor: Matrix): void {
    this.#version = version;
    this.#held = true;
    this.#drifted = false;
    this.#movedM = 0;
    this.#worldFromAnchorThen.set(worldFromAnchor);
    invertRigid(this.#anchorFromWorld, worldFromAnchor);
    multiply(this.#anchorFromRoom, this.#anchorFromWorld, worldFromRoom);
    this.#steady.set(worldFromRoom);
  }

  /** The anchor stands here now. A drift, once found, stays until the room is hung anew. */
  moved(worldFromAnchor: Matrix): void {
    if (!this.#held) return;
    const then = this.#worldFromAnchorThen;
    this.#movedM = Math.hypot(
      worldFromAnchor[12]! - then[12]!,
      worldFromAnchor[13]! - then[13]!,
      worldFromAnchor[14]! - then[14]!,
    );
    invertRigid(this.#anchorFromWorld, worldFromAnchor);
    multiply(this.#thenFromNow, this.#anchorFromWorld, then);
    const turn = this.#thenFromNow;
    const cosine = (turn[0]! + turn[5]! + turn[10]! - 1) / 2;
    // Not a number is not within the limit.
    const within = this.#movedM <= DRIFT_LIMIT_M && cosine >= Math.cos(TURN_LIMIT_RAD);
    if (!within) this.#drifted = true;
    if (!this.#drifted) multiply(this.#steady, worldFromAnchor, this.#anchorFromRoom);
  }

  /** The session ended, or the room is not known any more. */
  letGo(): void {
    this.#held = false;
    this.#version = null;
    this.#drifted = false;
    this.#movedM = 0;
  }

  /** Where the room stands: corrected where it hangs on the anchor, as it was found where it does not. */
  worldFromRoom(version: number, found: Matrix | null): Matrix | null {
    return found !== null && this.holds(version) ? this.#steady : found;
  }

  /** Why the room's place must not be trusted, or null. */
  fault(version: number): ViewFault | null {
    return this.#drifted && this.holds(version) ? DRIFTED : null;
  }
}
