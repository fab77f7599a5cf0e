/** What of a plane is seen in a slice across one of the patient's axes: its line, where it goes through bone, where it meets its surface. */

import { less, sum, times, type Vec } from "../../overlay/vec.ts";
import type { PlanPlane } from "../../protocol.gen.ts";
import { type Point, type SliceVolume, structureAt } from "../live/volume.ts";
import { centerMm, upwardOf } from "./quad.ts";

/** A stretch between two points, mm. */
export type Stretch = readonly [Vec, Vec];

/** Where the rectangle meets a slice `at` mm along an axis; null where it does not, or lies in the slice. */
export function lineIn(plane: PlanPlane, axis: 0 | 1 | 2, at: number): Stretch | null {
  const up = upwardOf(plane);
  const rise = at - centerMm(plane)[axis];
  const [a, b] = [plane.along[axis], up[axis]];
  const steep = Math.hypot(a, b);
  if (steep < 1e-6) return null;
  // In the plane's own axes the line is the foot of its middle, and a direction at a right angle to that.
  const foot = [(a * rise) / steep ** 2, (b * rise) / steep ** 2] as const;
  const way = [-b / steep, a / steep] as const;
  let [from, to] = [-Infinity, Infinity];
  for (const [place, slope, half] of [
    [foot[0], way[0], plane.width_mm / 2],
    [foot[1], way[1], plane.height_mm / 2],
  ] as const) {
    if (Math.abs(slope) < 1e-9) {
      if (Math.abs(place) > half) return null;
      continue;
    }
    const ends = [(-half - place) / slope, (half - place) / slope];
    from = Math.max(from, Math.min(...ends));
    to = Math.min(to, Math.max(...ends));
  }
  if (to <= from) return null;
  const point = (along: number): Vec =>
    sum(centerMm(plane), sum(times(plane.along, foot[0] + along * way[0]), times(up, foot[1] + along * way[1])));
  return [point(from), point(to)];
}

/** The parts of a stretch that go through structures of these keys, by the image's own outlines. */
export function partsThrough(volume: SliceVolume, [from, to]: Stretch, keys: ReadonlySet<string>): Stretch[] {
  const way = less(to, from);
  const steps = Math.max(1, Math.ceil(Math.hypot(...way) / (volume.spacingMm / 2)));
  const at = (step: number): Vec => sum(from, times(way, step / steps));
  const parts: Stretch[] = [];
  let began: Vec | null = null;
  for (let step = 0; step <= steps; step += 1) {
    const key = structureAt(volume, at(step) as Point);
    const inside = key !== null && keys.has(key);
    if (inside && began === null) began = at(step);
    if (began !== null && (!inside || step === steps)) {
      parts.push([began, at(step)]);
      began = null;
    }
  }
  return parts;
}

/** Where a cut line (its stretches one after the other, patient metres) passes a slice. */
export function crossings(lineM: readonly number[], axis: 0 | 1 | 2, at: number): Vec[] {
  const found: Vec[] = [];
  for (let first = 0; first + 5 < lineM.length; first += 6) {
    const one = lineM.slice(first, first + 3).map((metres) => metres * 1000) as unknown as Vec;
    const other = lineM.slice(first + 3, first + 6).map((metres) => metres * 1000) as unknown as Vec;
    const [before, after] = [one[axis] - at, other[axis] - at];
    if (before < 0 === after < 0) continue;
    found.push(sum(one, times(less(other, one), before / (before - after))));
  }
  return found;
}
