/** What slices show of a plane: its line within the rectangle, where it is in bone, and where its cut line passes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf, throughAxis, wayBetween, PLANE_NAMES, planeThrough } from "../src/console/live/plane.ts";
import { boxOf, middleOf, type Point, pointOf, type SliceVolume } from "../src/console/live/volume.ts";
import { crossings, lineIn, partsThrough } from "../src/console/plan/in_slice.ts";
import { centerMm, upwardOf } from "../src/console/plan/quad.ts";
import { cross, dot, less, sum, unit } from "../src/overlay/vec.ts";
import type { PlanPlane } from "../src/protocol.gen.ts";

const NORMAL = unit([0.3, 0.4, 0.8]);
const PLANE: PlanPlane = {
  key: "a",
  name: "A",
  center_patient_m: [0.01, 0.02, 0.03],
  kept_normal: NORMAL,
  along: unit(cross([0, 1, 0], NORMAL)),
  width_mm: 40,
  height_mm: 20,
};

test("the line of a plane lies in plane, slice and rectangle, and ends at the rectangle's edge", () => {
  for (const axis of [0, 1, 2] as const) {
    for (const beside of [-6, -1, 0, 3]) {
      const at = centerMm(PLANE)[axis] + beside;
      const line = lineIn(PLANE, axis, at);
      assert.notEqual(line, null);
      for (const end of line!) {
        assert.ok(Math.abs(end[axis] - at) < 1e-9);
        const offset = less(end, centerMm(PLANE));
        assert.ok(Math.abs(dot(offset, NORMAL)) < 1e-9);
        const [u, w] = [Math.abs(dot(offset, PLANE.along)), Math.abs(dot(offset, upwardOf(PLANE)))];
        assert.ok(u <= 20 + 1e-9 && w <= 10 + 1e-9);
        assert.ok(Math.abs(u - 20) < 1e-9 || Math.abs(w - 10) < 1e-9, "the line ends within the rectangle");
      }
    }
    assert.equal(lineIn(PLANE, axis, centerMm(PLANE)[axis] + 60), null);
  }
  assert.equal(lineIn({ ...PLANE, kept_normal: [0, 0, 1], along: [1, 0, 0] }, 2, 30), null);
});

test("a cut line passes a slice where its stretches do", () => {
  const lineM = [0, 0, 0, 0.01, 0, 0.01, 0.02, 0, 0.006, 0.03, 0, 0.008];
  assert.deepEqual(crossings(lineM, 2, 5), [[5, 0, 5]]);
  assert.equal(crossings(lineM, 2, 7).length, 2);
  assert.deepEqual(crossings(lineM, 2, 20), []);
});

const VOLUME: SliceVolume = {
  size: [20, 10, 8],
  originMm: [-10, 5, 100],
  spacingMm: 1,
  window: [0, 255],
  keys: ["tumour", "sacrum"],
  grey: new Uint8Array(1600),
  // Sacrum where i is 5 to 9, and a tumour of one voxel in it.
  labels: Uint8Array.from({ length: 1600 }, (_, at) => (at === 7 + 20 * (4 + 10 * 3) ? 1 : at % 20 >= 5 && at % 20 <= 9 ? 2 : 0)),
};

test("the part of a line that goes through bone is told to half a voxel", () => {
  const parts = partsThrough(VOLUME, [[-10, 7, 101], [9, 7, 101]], new Set(["sacrum"]));
  assert.equal(parts.length, 1);
  const [[from, to]] = parts as [(typeof parts)[number]];
  assert.ok(Math.abs(from[0] - -5.5) <= 0.51 && Math.abs(to[0] - -0.5) <= 0.51, `${from[0]} to ${to[0]}`);
  assert.deepEqual(partsThrough(VOLUME, [[-10, 7, 101], [9, 7, 101]], new Set(["hip_left"])), []);
});

test("a structure's box and its middle are told, and of one that is not there nothing", () => {
  assert.deepEqual(boxOf(VOLUME, "tumour"), { least: [-3, 9, 103], most: [-3, 9, 103] });
  assert.deepEqual(middleOf(VOLUME, "tumour"), [-3, 9, 103]);
  assert.equal(boxOf(VOLUME, "skin"), null);
});

test("a point of the patient is seen where the slice is clicked for it", () => {
  const point: Point = pointOf(VOLUME, [7, 4, 3]);
  for (const name of PLANE_NAMES) {
    assert.deepEqual(placeOf(VOLUME, name, point), planeThrough(VOLUME, name, point)!.cross);
    const way = wayBetween(VOLUME, name, 2, 3);
    assert.equal(way[throughAxis(name)], 0);
    const [column, row] = placeOf(VOLUME, name, sum(point, way));
    const [from, on] = placeOf(VOLUME, name, point);
    assert.deepEqual([column - from, row - on], [2, 3]);
  }
});
