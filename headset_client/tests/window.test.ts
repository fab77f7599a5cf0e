import assert from "node:assert/strict";
import { test } from "node:test";

import { aimWindow, newPlanes, WINDOW_PLANES, WINDOW_RADIUS_M } from "../src/overlay/window.ts";

type Point = [number, number, number];

/** Whether a point is cut away: on the negative side of every plane. */
function isCut(planes: Float64Array, [x, y, z]: Point): boolean {
  for (let at = 0; at < WINDOW_PLANES; at += 1) {
    const [nx, ny, nz, constant] = planes.slice(4 * at, 4 * at + 4) as unknown as [number, number, number, number];
    if (nx * x + ny * y + nz * z + constant >= 0) return false;
  }
  return true;
}

test("the window is cut from the viewer to the target's middle and no wider than its radius", () => {
  const eyes: Point[] = [[0.1, 0.5, 0.3], [0, 0.7, 0], [0, -0.6, 0.001], [-0.5, 0, 0]];
  for (const eye of eyes) {
    const target: Point = [0.02, -0.03, -0.4];
    const planes = newPlanes();
    aimWindow(planes, eye, target);
    const along = (share: number, aside: Point = [0, 0, 0]): Point =>
      [0, 1, 2].map((axis) => eye[axis]! + share * (target[axis]! - eye[axis]!) + aside[axis]!) as Point;
    assert.ok(isCut(planes, along(0.3)));
    assert.ok(isCut(planes, along(0.99)));
    assert.ok(!isCut(planes, along(1.01)), "what lies behind the target's middle stays");
    const [dx, dy, dz] = [0, 1, 2].map((axis) => target[axis]! - eye[axis]!) as Point;
    // Two directions across the line of sight.
    for (const other of [[0.3, 0.5, 0.9], [1, -0.2, 0.4]] as Point[]) {
      const raw: Point = [dy * other[2] - dz * other[1], dz * other[0] - dx * other[2], dx * other[1] - dy * other[0]];
      const length = Math.hypot(...raw);
      const aside = (by: number) => along(0.7, raw.map((part) => (by * part) / length) as Point);
      assert.ok(isCut(planes, aside(0.95 * WINDOW_RADIUS_M)));
      assert.ok(!isCut(planes, aside(1.2 * WINDOW_RADIUS_M)));
    }
  }
});
