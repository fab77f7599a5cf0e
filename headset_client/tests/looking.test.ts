/** Which point the slices go through. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { FOLLOWING, gazeOf, pointNow, windowOf } from "../src/console/live/looking.ts";
import { PLANE_NAMES, stepped } from "../src/console/live/plane.ts";
import { type Point, readSlices } from "../src/console/live/volume.ts";
import type { Gaze } from "../src/protocol.gen.ts";
import { vectors } from "./vectors.ts";

const VOLUME = readSlices(Buffer.from(vectors<{ hex: string }>("slices").hex, "hex"));
const SEEN: Gaze = { device_id: "a1", structure: "bladder", point_patient_m: [-0.009, 0.121, -0.89925] };
const OTHER: Gaze = { device_id: "b2", structure: null, point_patient_m: [-0.0075, 0.121, -0.9] };

test("the slices go where the headset that is followed looks, or any that looks at something", () => {
  assert.equal(gazeOf([SEEN, OTHER], FOLLOWING), SEEN);
  assert.equal(gazeOf([SEEN, OTHER], { ...FOLLOWING, device: "b2" }), OTHER);
  assert.equal(gazeOf([SEEN], { ...FOLLOWING, device: "b2" }), null);
  const point = pointNow(VOLUME, FOLLOWING, SEEN, null, "bladder");
  assert.ok(point.every((mm, axis) => Math.abs(mm - [-9, 121, -899.25][axis]!) < 1e-9));
});

test("a point the nurse chose stands, one of before stays, and else it is the target, or the middle", () => {
  const chosen: Point = [-9.75, 121, -900];
  assert.equal(pointNow(VOLUME, { ...FOLLOWING, point: chosen }, SEEN, null, null), chosen);
  assert.equal(pointNow(VOLUME, FOLLOWING, null, chosen, "bladder"), chosen);
  assert.deepEqual(pointNow(VOLUME, FOLLOWING, null, null, "nerve_s1_left"), [-7.5, 121, -898.5]);
  assert.deepEqual(pointNow(VOLUME, FOLLOWING, null, null, "tumour"), [-9, 121, -898.5]);
  // A point off the image is no point to cut through.
  const away: Gaze = { ...SEEN, point_patient_m: [1, 1, 1] };
  assert.deepEqual(pointNow(VOLUME, FOLLOWING, away, null, null), [-9, 121, -898.5]);
});

test("stepping on moves one slice along the patient's axis, and stops at the image's end", () => {
  const point: Point = [-9, 121, -899.25];
  const moved = PLANE_NAMES.map((name) => stepped(VOLUME, name, point, 1));
  assert.deepEqual(moved, [
    [-9, 121, -898.5],
    [-9, 121.75, -899.25],
    [-8.25, 121, -899.25],
  ]);
  assert.equal(stepped(VOLUME, "axial", [-9, 121, -900], -1), null);
});

test("soft tissue has its window in a CT, and no other image is bent to it", () => {
  assert.deepEqual(windowOf(VOLUME, FOLLOWING), [-250, 770]);
  assert.deepEqual(windowOf(VOLUME, { ...FOLLOWING, window: "soft" }), [-110, 190]);
  assert.deepEqual(windowOf({ ...VOLUME, window: [0, 900] }, { ...FOLLOWING, window: "soft" }), [0, 900]);
});
