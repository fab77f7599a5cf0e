/** Noise that is the same every time, and poses, for tests. */

import { identity, type Matrix, setFromPose } from "../src/frames.ts";
import type { Point } from "../src/overlay/points.ts";

/** Small, good enough and the same every time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

export function turned(axis: Point, rad: number, place: Point): Matrix {
  const length = Math.hypot(...axis);
  const sine = Math.sin(rad / 2) / length;
  return setFromPose(identity(), {
    position: place,
    quatXyzw: [axis[0] * sine, axis[1] * sine, axis[2] * sine, Math.cos(rad / 2)],
  });
}
