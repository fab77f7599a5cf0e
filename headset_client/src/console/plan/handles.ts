/** What a hand takes hold of at a plane, along which line it is followed, and what becomes of the plane. */

import { sum, times, type Vec } from "../../overlay/vec.ts";
import type { PlanPlane } from "../../protocol.gen.ts";
import { centerMm, type Edge, edgeMm, EDGES, movedAlong, stretched, turnedAbout, wayOf } from "./quad.ts";

export type Handle =
  | { readonly kind: "move" }
  | { readonly kind: "edge"; readonly edge: Edge }
  | { readonly kind: "turn"; readonly about: "width" | "height" };

/** How far out of the plane the arrow's tip stands, and beyond its edge what turns it, mm. */
export const ARROW_MM = 26;
const ARM_BEYOND_MM = 14;

export const HANDLES: readonly Handle[] = [
  { kind: "move" },
  ...EDGES.map((edge): Handle => ({ kind: "edge", edge })),
  { kind: "turn", about: "width" },
  { kind: "turn", about: "height" },
];

/** Where a handle stands, patient mm. */
export function placeOf(plane: PlanPlane, handle: Handle): Vec {
  switch (handle.kind) {
    case "move":
      return sum(centerMm(plane), times(plane.kept_normal, ARROW_MM));
    case "edge":
      return edgeMm(plane, handle.edge);
    case "turn":
      return sum(centerMm(plane), times(armOf(plane, handle.about).way, armOf(plane, handle.about).mm));
  }
}

/** The direction a hand that holds it is followed along. */
export function railOf(plane: PlanPlane, handle: Handle): Vec {
  return handle.kind === "edge" ? wayOf(plane, handle.edge) : plane.kept_normal;
}

/** The plane once its handle was moved so many mm along its rail. */
export function dragged(plane: PlanPlane, handle: Handle, mm: number): PlanPlane {
  switch (handle.kind) {
    case "move":
      return movedAlong(plane, mm);
    case "edge":
      return stretched(plane, handle.edge, mm);
    case "turn": {
      const deg = (Math.atan2(mm, armOf(plane, handle.about).mm) * 180) / Math.PI;
      // About the height the end of the width goes the other way.
      return turnedAbout(plane, handle.about, handle.about === "width" ? deg : -deg);
    }
  }
}

/** What turns a plane about its width stands beyond the end of its height, and the other way round. */
function armOf(plane: PlanPlane, about: "width" | "height"): { readonly way: Vec; readonly mm: number } {
  const along = about === "width" ? "height+" : "width+";
  const half = (about === "width" ? plane.height_mm : plane.width_mm) / 2;
  return { way: wayOf(plane, along), mm: half + ARM_BEYOND_MM };
}
