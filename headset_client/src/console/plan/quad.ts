/**
 * An osteotomy plane in a hand: moved, turned about its own axes, made larger or smaller by an edge, or typed.
 *
 * Lengths are mm and axes the patient's (+x left, +y posterior, +z superior); the wire has its centre in metres. Nothing
 * here knows a screen.
 */

import { cross, dot, less, sum, times, turned, unit, type Vec } from "../../overlay/vec.ts";
import type { PlanPlane } from "../../protocol.gen.ts";

/** The axes a plane turns about: along its width, along its height, out of it. */
export type Axis = "width" | "height" | "normal";
/** An edge, by the way from the middle to it. */
export type Edge = "width+" | "width-" | "height+" | "height-";

export const EDGES: readonly Edge[] = ["width+", "width-", "height+", "height-"];
export const LEAST_SIDE_MM = 1;
export const LONGEST_SIDE_MM = 500;
/** A plane tilted further than this from an axis of the patient is told by another axis. */
const MOST_TILT_DEG = 80;

export function centerMm(plane: PlanPlane): Vec {
  return times(plane.center_patient_m, 1000);
}

export function withCenter(plane: PlanPlane, center: Vec): PlanPlane {
  return { ...plane, center_patient_m: times(center, 0.001) };
}

/** In the plane, along its height; width, height and normal are right-handed. */
export function upwardOf(plane: PlanPlane): Vec {
  return cross(plane.kept_normal, plane.along);
}

export function axisOf(plane: PlanPlane, axis: Axis): Vec {
  return axis === "width" ? plane.along : axis === "height" ? upwardOf(plane) : plane.kept_normal;
}

/** The way from the middle to an edge. */
export function wayOf(plane: PlanPlane, edge: Edge): Vec {
  const way = edge.startsWith("width") ? plane.along : upwardOf(plane);
  return edge.endsWith("+") ? way : times(way, -1);
}

/** The middle of an edge. */
export function edgeMm(plane: PlanPlane, edge: Edge): Vec {
  const half = (edge.startsWith("width") ? plane.width_mm : plane.height_mm) / 2;
  return sum(centerMm(plane), times(wayOf(plane, edge), half));
}

/** Corners, counter-clockwise seen from the side that is kept. */
export function cornersMm(plane: PlanPlane): readonly [Vec, Vec, Vec, Vec] {
  const width = times(plane.along, plane.width_mm / 2);
  const height = times(upwardOf(plane), plane.height_mm / 2);
  const center = centerMm(plane);
  return [
    less(less(center, width), height),
    less(sum(center, width), height),
    sum(sum(center, width), height),
    sum(less(center, width), height),
  ];
}

/** Move a plane along its normal, towards what is kept where `mm` is positive. */
export function movedAlong(plane: PlanPlane, mm: number): PlanPlane {
  return withCenter(plane, sum(centerMm(plane), times(plane.kept_normal, mm)));
}

/** Turn a plane about an axis through its middle. */
export function turnedAbout(plane: PlanPlane, axis: Axis | Vec, deg: number): PlanPlane {
  const about = typeof axis === "string" ? axisOf(plane, axis) : axis;
  const rad = (deg * Math.PI) / 180;
  return directed(plane, turned(plane.kept_normal, about, rad), turned(plane.along, about, rad));
}

/** Move one edge outwards; the edge opposite stays where it is. */
export function stretched(plane: PlanPlane, edge: Edge, mm: number): PlanPlane {
  const side = edge.startsWith("width") ? "width_mm" : "height_mm";
  const length = Math.min(LONGEST_SIDE_MM, Math.max(LEAST_SIDE_MM, plane[side] + mm));
  const center = sum(centerMm(plane), times(wayOf(plane, edge), (length - plane[side]) / 2));
  return withCenter({ ...plane, [side]: length }, center);
}

/** Turn the side that is kept round; the rectangle stays. */
export function flipped(plane: PlanPlane): PlanPlane {
  return { ...plane, kept_normal: times(plane.kept_normal, -1) };
}

/** How a plane leans, as it is seen in the two slices that cut it. */
export interface Lean {
  /** The patient's axis nearest to its normal (0 left, 1 posterior, 2 superior), and which way along it. */
  readonly main: 0 | 1 | 2;
  readonly sign: 1 | -1;
  /** For each of the two other axes, in their order: how far the normal leans towards it, degrees. */
  readonly tilts: readonly [Tilt, Tilt];
  /** How far the width is turned in the plane from the first of those axes, degrees. */
  readonly roll: number;
}

export interface Tilt {
  readonly axis: 0 | 1 | 2;
  readonly deg: number;
}

const AXES: readonly (0 | 1 | 2)[] = [0, 1, 2];

export function leanOf({ kept_normal: normal, along }: PlanPlane): Lean {
  const main = AXES.reduce((best, axis) => (Math.abs(normal[axis]) > Math.abs(normal[best]) ? axis : best));
  const sign = normal[main] < 0 ? -1 : 1;
  const [one, other] = AXES.filter((axis) => axis !== main) as [0 | 1 | 2, 0 | 1 | 2];
  const tilt = (axis: 0 | 1 | 2): Tilt => ({ axis, deg: degrees(Math.atan2(normal[axis], Math.abs(normal[main]))) });
  const first = firstIn(normal, one);
  return {
    main,
    sign,
    tilts: [tilt(one), tilt(other)],
    roll: degrees(Math.atan2(dot(along, cross(normal, first)), dot(along, first))),
  };
}

/** A plane that leans so. */
export function leaning(plane: PlanPlane, { main, sign, tilts, roll }: Lean): PlanPlane {
  const normal: [number, number, number] = [0, 0, 0];
  normal[main] = sign;
  for (const { axis, deg } of tilts) normal[axis] = Math.tan(radians(Math.min(MOST_TILT_DEG, Math.max(-MOST_TILT_DEG, deg))));
  const straight = unit(normal);
  const first = firstIn(straight, tilts[0].axis);
  return directed(plane, straight, turned(first, straight, radians(roll)));
}

/** The part of the patient's axis that lies in a plane, as a direction. */
function firstIn(normal: Vec, axis: 0 | 1 | 2): Vec {
  const way: [number, number, number] = [0, 0, 0];
  way[axis] = 1;
  return unit(less(way, times(normal, dot(way, normal))));
}

/** Directions of length 1 at a right angle, however often they were turned. */
function directed(plane: PlanPlane, normal: Vec, along: Vec): PlanPlane {
  const straight = unit(normal);
  return { ...plane, kept_normal: straight, along: unit(less(along, times(straight, dot(along, straight)))) };
}

function degrees(rad: number): number {
  return (rad * 180) / Math.PI;
}

function radians(deg: number): number {
  return (deg * Math.PI) / 180;
}
