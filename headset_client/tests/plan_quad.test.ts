/** A plane moved, turned, stretched and typed: lengths, right angles and the way back are kept. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { dragged, HANDLES, placeOf, railOf } from "../src/console/plan/handles.ts";
import {
  axisOf,
  centerMm,
  cornersMm,
  EDGES,
  edgeMm,
  flipped,
  leaning,
  leanOf,
  movedAlong,
  stretched,
  turnedAbout,
  upwardOf,
  wayOf,
} from "../src/console/plan/quad.ts";
import { cross, dot, less, nearestOnLine, sum, times, turned, unit, type Vec } from "../src/overlay/vec.ts";
import type { PlanPlane } from "../src/protocol.gen.ts";

function near(one: readonly number[], other: readonly number[], within = 1e-9): void {
  assert.equal(one.length, other.length);
  one.forEach((value, at) => assert.ok(Math.abs(value - other[at]!) <= within, `${one} is not ${other}`));
}

const NORMAL = unit([0.2, -0.3, 0.9]);
const PLANE: PlanPlane = {
  key: "high_cut",
  name: "High cut",
  center_patient_m: [0.012, 0.046, -0.383],
  kept_normal: NORMAL,
  along: unit(cross([0, 1, 0], NORMAL)),
  width_mm: 92,
  height_mm: 52,
};

function assertDirected(plane: PlanPlane): void {
  near([dot(plane.kept_normal, plane.kept_normal), dot(plane.along, plane.along), dot(plane.kept_normal, plane.along)], [1, 1, 0]);
}

test("width, height and normal are right-handed, and corners stand where they should", () => {
  near(cross(PLANE.along, upwardOf(PLANE)), PLANE.kept_normal);
  const corners = cornersMm(PLANE);
  near(less(corners[1], corners[0]), times(PLANE.along, 92));
  near(less(corners[3], corners[0]), times(upwardOf(PLANE), 52));
  near(times(sum(corners[0], corners[2]), 0.5), centerMm(PLANE));
});

test("a plane moves along its normal towards what is kept", () => {
  near(less(centerMm(movedAlong(PLANE, 2.5)), centerMm(PLANE)), times(NORMAL, 2.5));
});

test("a plane turns about each of its axes and back, and stays one however often", () => {
  for (const axis of ["width", "height", "normal"] as const) {
    const there = turnedAbout(PLANE, axis, 10);
    assertDirected(there);
    near(axisOf(there, axis), axisOf(PLANE, axis));
    const back = turnedAbout(there, axis, -10);
    near(back.kept_normal, PLANE.kept_normal);
    near(back.along, PLANE.along);
  }
  let often = PLANE;
  for (let time = 0; time < 3600; time += 1) often = turnedAbout(often, "width", 0.1);
  assertDirected(often);
  near(often.kept_normal, PLANE.kept_normal, 1e-6);
});

test("an edge moves and the edge opposite stays, within what a plane may be", () => {
  for (const edge of EDGES) {
    const opposite = EDGES.find((other) => other !== edge && other[0] === edge[0])!;
    const larger = stretched(PLANE, edge, 8);
    near(edgeMm(larger, opposite), edgeMm(PLANE, opposite));
    near(less(edgeMm(larger, edge), edgeMm(PLANE, edge)), times(wayOf(PLANE, edge), 8));
    assert.equal(Math.min(stretched(PLANE, edge, -1000).width_mm, stretched(PLANE, edge, -1000).height_mm), 1);
    assert.equal(Math.max(stretched(PLANE, edge, 1000).width_mm, stretched(PLANE, edge, 1000).height_mm), 500);
  }
});

test("the other side is kept by the same rectangle", () => {
  const other = flipped(PLANE);
  near(other.kept_normal, times(NORMAL, -1));
  const places = (plane: PlanPlane) => cornersMm(plane).map((corner) => corner.map((mm) => mm.toFixed(6)).join(" ")).sort();
  assert.deepEqual(places(other), places(PLANE));
});

test("how a plane leans is told so that it can be typed, whichever way it faces", () => {
  const faces: Vec[] = [[0.1, -0.2, 1], [0.1, -0.2, -1], [1, 0.3, 0.2], [-1, 0.3, -0.2], [0.2, 1, 0.3], [0.1, -1, 0.5], [0, 0, 1], [1, 0, 0]];
  for (const face of faces) {
    const normal = unit(face);
    const plane = { ...PLANE, kept_normal: normal, along: unit(cross(unit([0.3, 0.5, 0.7]), normal)) };
    const lean = leanOf(plane);
    assert.ok(lean.tilts.every(({ deg, axis }) => Math.abs(deg) <= 55 && axis !== lean.main));
    const again = leaning(plane, lean);
    near(again.kept_normal, plane.kept_normal);
    near(again.along, plane.along);
    assertDirected(leaning(plane, { ...lean, roll: lean.roll + 20, tilts: [{ ...lean.tilts[0], deg: 12 }, lean.tilts[1]] }));
  }
});

test("a plane that faces the head and leans 20 degrees to the back says so", () => {
  const rad = (20 * Math.PI) / 180;
  const lean = leanOf({ ...PLANE, kept_normal: [0, Math.sin(rad), Math.cos(rad)], along: [1, 0, 0] });
  assert.equal(lean.main, 2);
  near(lean.tilts.map(({ deg }) => deg), [0, 20]);
  near([lean.roll], [0]);
});

test("every handle follows the hand along its rail", () => {
  for (const handle of HANDLES) {
    const rail = railOf(PLANE, handle);
    near([dot(rail, rail)], [1]);
    for (const mm of [-3, 4]) {
      const moved = less(placeOf(dragged(PLANE, handle, mm), handle), placeOf(PLANE, handle));
      // What turns goes round a circle: its first step goes along the rail.
      assert.ok(Math.abs(dot(moved, rail) - mm) < 0.4, `${JSON.stringify(handle)} went ${dot(moved, rail)} of ${mm} mm`);
    }
    assertDirected(dragged(PLANE, handle, 7));
  }
});

test("a ray is followed along a line, but not along itself", () => {
  assert.equal(nearestOnLine([0, 0, 0], [0, 0, 1], [5, -10, 3], [0, 1, 0]), 3);
  assert.equal(nearestOnLine([0, 0, 0], [0, 0, 1], [5, -10, 3], [0, 0, 1]), null);
  near(turned([1, 0, 0], [0, 0, 1], Math.PI / 2), [0, 1, 0]);
});
