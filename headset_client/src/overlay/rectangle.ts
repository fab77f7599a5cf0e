/**
 * An osteotomy plane as it is drawn: a rectangle in model axes, metres, and the lines on it that say what the margin is
 * and which side stays in the patient. Colour is never alone: a margin that is not safe breaks the frame, one that is
 * not kept is hatched.
 */

import { inModel } from "../frames.ts";
import type { MarginVerdict, PlanPlane } from "../protocol.gen.ts";
import { cross, less, sum, times, type Vec } from "./vec.ts";

/** What is asked of a plane: patient axes, the centre in metres, the sides in mm. */
export type PlaneTold = Omit<PlanPlane, "key" | "name">;

export interface Rectangle {
  readonly center: Vec;
  readonly normal: Vec;
  readonly along: Vec;
  readonly upward: Vec;
  readonly halfWidth: number;
  readonly halfHeight: number;
}

const ARROW_M = 0.012;
const WING_M = 0.004;
const DASH_M = 0.006;
const GAP_M = 0.004;
const HATCH_M = 0.012;

/** The plane in model axes. */
export function rectangleOf(plane: PlaneTold): Rectangle {
  const normal = inModel(plane.kept_normal);
  const along = inModel(plane.along);
  return {
    center: inModel(plane.center_patient_m),
    normal,
    along,
    // Width, height and normal are right-handed.
    upward: cross(normal, along),
    halfWidth: plane.width_mm / 2000,
    halfHeight: plane.height_mm / 2000,
  };
}

/** The point of a rectangle, in half widths and half heights from its middle. */
export function pointOf({ center, along, upward, halfWidth, halfHeight }: Rectangle, across: number, up: number): Vec {
  const at = (axis: 0 | 1 | 2) => center[axis] + across * halfWidth * along[axis] + up * halfHeight * upward[axis];
  return [at(0), at(1), at(2)];
}

/** Its corners, counter-clockwise seen from the side that is kept. */
export function cornersOf(rectangle: Rectangle): Vec[] {
  return CORNERS.map(([across, up]) => pointOf(rectangle, across, up));
}

const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const;

/** Its two triangles: x y z of their six corners in turn. */
export function trianglesOf(rectangle: Rectangle): number[] {
  const corners = cornersOf(rectangle);
  return [0, 1, 2, 0, 2, 3].flatMap((corner) => corners[corner]!);
}

/** The lines drawn on it: x y z of the ends of each in turn. */
export function linesOf(rectangle: Rectangle, verdict: MarginVerdict | null): number[] {
  const corners = cornersOf(rectangle);
  const lines: number[] = [];
  corners.forEach((corner, at) => {
    const next = corners[(at + 1) % corners.length]!;
    if (verdict === "not_safe") dash(lines, corner, next);
    else lines.push(...corner, ...next);
    arrow(lines, corner, rectangle);
  });
  if (verdict === "not_kept") hatch(lines, rectangle);
  return lines;
}

/** Dashes from one point to the other, beginning and ending with one. */
function dash(lines: number[], from: Vec, to: Vec): void {
  const way = less(to, from);
  const length = Math.hypot(...way);
  const at = (share: number) => sum(from, times(way, share));
  const count = Math.max(2, Math.round((length + GAP_M) / (DASH_M + GAP_M)));
  const period = (length + GAP_M) / count;
  for (let number = 0; number < count; number += 1) {
    const begin = (number * period) / length;
    lines.push(...at(begin), ...at(begin + (period - GAP_M) / length));
  }
}

/** An arrow from a corner towards what is kept. */
function arrow(lines: number[], from: Vec, { normal, along }: Rectangle): void {
  const tip = sum(from, times(normal, ARROW_M));
  const neck = sum(from, times(normal, ARROW_M - WING_M));
  lines.push(...from, ...tip);
  for (const side of [1, -1]) lines.push(...tip, ...sum(neck, times(along, side * WING_M)));
}

/** Lines aslant over all of it. */
function hatch(lines: number[], rectangle: Rectangle): void {
  const { halfWidth: w, halfHeight: h } = rectangle;
  const step = HATCH_M * Math.SQRT2;
  // Where x + y = c meets the four sides.
  for (let c = -w - h + step; c < w + h - step / 4; c += step) {
    const from = c - h >= -w ? [c - h, h] : [-w, c + w];
    const to = c + h <= w ? [c + h, -h] : [w, c - w];
    lines.push(...pointOf(rectangle, from[0]! / w, from[1]! / h), ...pointOf(rectangle, to[0]! / w, to[1]! / h));
  }
}
