/**
 * The ring around the middle of the view that tells the state by its shape: closed, dashed, broken, none.
 *
 * Flat triangles, in degrees of the view seen from the eye: nothing of it lies within the middle 20 degrees.
 */

import type { OverlayState } from "../protocol.gen.ts";

const DEG = Math.PI / 180;
export const INNER_DEG = 20.3;

/** A piece of the ring: angles around it and away from the line of sight, degrees. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly inner: number;
  readonly outer: number;
}

const DASHES = 18;
/** The gaps of a broken ring, each with a bar across it. */
const BREAKS = 4;

function piecesOf(state: OverlayState): Piece[] {
  switch (state) {
    case "LIVE":
      return [{ from: 0, to: 360, inner: INNER_DEG, outer: INNER_DEG + 0.35 }];
    case "HOLD":
      return Array.from({ length: DASHES }, (_, dash) => ({
        from: (dash * 360) / DASHES,
        to: ((dash + 0.5) * 360) / DASHES,
        inner: INNER_DEG,
        outer: INNER_DEG + 0.6,
      }));
    case "LOST":
      return Array.from({ length: BREAKS }, (_, n) => 45 + (n * 360) / BREAKS).flatMap((gap) => [
        { from: gap + 12, to: gap + 360 / BREAKS - 12, inner: INNER_DEG, outer: INNER_DEG + 0.8 },
        { from: gap - 1, to: gap + 1, inner: INNER_DEG, outer: INNER_DEG + 3.5 },
      ]);
    case "OFF":
      return [];
  }
}

const STEP_DEG = 4;

/** The corners of the triangles of a state's ring, x y z in turn, on a plane so far before the eye, m. */
export function ringTriangles(state: OverlayState, distanceM: number): Float32Array {
  return trianglesOf(piecesOf(state), distanceM);
}

/** The same of a closed ring between two angles from the line of sight, degrees. */
export function bandTriangles(inner: number, outer: number, distanceM: number): Float32Array {
  return trianglesOf([{ from: 0, to: 360, inner, outer }], distanceM);
}

function trianglesOf(pieces: readonly Piece[], distanceM: number): Float32Array {
  const corners: number[] = [];
  const corner = (around: number, away: number): void => {
    const radius = distanceM * Math.tan(away * DEG);
    corners.push(radius * Math.cos(around * DEG), radius * Math.sin(around * DEG), -distanceM);
  };
  for (const { from, to, inner, outer } of pieces) {
    const steps = Math.ceil((to - from) / STEP_DEG);
    for (let step = 0; step < steps; step += 1) {
      const a = from + ((to - from) * step) / steps;
      const b = from + ((to - from) * (step + 1)) / steps;
      corner(a, inner);
      corner(a, outer);
      corner(b, outer);
      corner(a, inner);
      corner(b, outer);
      corner(b, inner);
    }
  }
  return Float32Array.from(corners);
}
