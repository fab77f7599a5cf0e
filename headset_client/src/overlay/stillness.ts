/** When a picture of the headset's own camera is worth sending: of a head that rests, or moves slowly enough. */

import type { WorldState } from "../protocol.gen.ts";
import type { HeadHistory, Motion } from "./head_history.ts";

/** A head that moved less than this is still: then it does not matter how late a picture is (the host's own rule). */
export const STILL = { spanMs: 300, mm: 1, rad: (0.1 * Math.PI) / 180 };
/** Over so short a time this much is a blurred picture: 250 mm and 40 degrees a second. */
const CALM = { spanMs: 100, mm: 25, rad: (4 * Math.PI) / 180 };

const LOOKING_EVERY_MS = 200;
const WATCHING_EVERY_MS = 400;

const motion: Motion = { mm: 0, rad: 0 };

/** Whether the head rested. */
export function isStill(heads: HeadHistory): boolean {
  return isWithin(heads, STILL);
}

/** Whether a picture taken now is no blur. */
export function isCalm(heads: HeadHistory): boolean {
  return isWithin(heads, CALM);
}

/** How long to wait from one picture to the next, ms. */
export function pictureEveryMs(state: WorldState | null): number {
  return state === "aligned" ? WATCHING_EVERY_MS : LOOKING_EVERY_MS;
}

function isWithin(heads: HeadHistory, limit: { spanMs: number; mm: number; rad: number }): boolean {
  heads.motionInto(motion, limit.spanMs);
  return motion.mm < limit.mm && motion.rad < limit.rad;
}
