import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, type Matrix, setFromPose } from "../src/frames.ts";
import { Beside, type BesideFacts, BesidePlace, CLEAR_M } from "../src/overlay/beside.ts";

const MIDDLE = [0.01, 0.03, -0.04];
const RADIUS_M = 0.12;
const FACTS: BesideFacts = { allowed: true, overlaid: false, room: true, wanted: false, away: false };

function world(m: Matrix, point: readonly number[]): number[] {
  return [0, 1, 2].map((row) => m[row]! * point[0]! + m[4 + row]! * point[1]! + m[8 + row]! * point[2]! + m[12 + row]!);
}

/** A head at a place, turned about the vertical (to the left) and then nodding down. */
function head(at: readonly number[], yaw = 0, pitch = 0): Matrix {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  return Float64Array.of(cy, 0, -sy, 0, -sy * sp, cp, -cy * sp, 0, sy * cp, sp, cy * cp, 0, ...at, 1);
}

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.hypot(...one.map((value, axis) => value - other[axis]!));
}

/** Turned only: life size and not mirrored. */
function assertRigid(m: Matrix): void {
  for (let a = 0; a < 3; a += 1) {
    for (let b = 0; b < 3; b += 1) {
      const dot = [0, 1, 2].reduce((sum, k) => sum + m[4 * a + k]! * m[4 * b + k]!, 0);
      assert.ok(Math.abs(dot - (a === b ? 1 : 0)) < 1e-12);
    }
  }
  const det =
    m[0]! * (m[5]! * m[10]! - m[6]! * m[9]!) -
    m[4]! * (m[1]! * m[10]! - m[2]! * m[9]!) +
    m[8]! * (m[1]! * m[6]! - m[2]! * m[5]!);
  assert.ok(Math.abs(det - 1) < 1e-12, `${det}`);
}

const FIELDS = [
  setFromPose(identity(), { position: [0.1, -0.5, -0.6], quatXyzw: [0.2, -0.6, 0.3, 0.7] }),
  setFromPose(identity(), { position: [0, -0.7, 0.02], quatXyzw: [0.5, 0.5, 0.5, 0.5] }),
  setFromPose(identity(), { position: [-1, -0.2, 0.4], quatXyzw: [0, 0, 0, 1] }),
];
const HEADS = [head([0, 0, 0]), head([0.2, 0.1, 0.3], 1.2, 0.9), head([0, 0, 0], 0, Math.PI / 2), head([0, 0, 0], -2.5, 0.3)];

test("it stands clear of the patient, as the patient lies, life size, within reach of the eyes", () => {
  for (const field of FIELDS) {
    for (const wearer of HEADS) {
      const place = new BesidePlace();
      place.update(wearer, field, MIDDLE, RADIUS_M);
      assertRigid(place.worldFromModel);
      const apart = distance(world(place.worldFromModel, MIDDLE), world(field, MIDDLE));
      assert.ok(apart >= 2 * RADIUS_M + CLEAR_M, `${apart}`);
      assert.ok(world(place.worldFromModel, MIDDLE)[1]! > world(field, MIDDLE)[1]! + RADIUS_M, "above the table");
      for (let at = 0; at < 11; at += 1) assert.ok(Math.abs(place.worldFromModel[at]! - field[at]!) < 1e-12);
      assert.ok(distance([...place.middle], world(place.worldFromModel, MIDDLE)) < 1e-12);
    }
  }
});

test("where nobody knows the field it stands upright before the wearer, seen from behind", () => {
  for (const wearer of HEADS) {
    const place = new BesidePlace();
    place.update(wearer, null, MIDDLE, RADIUS_M);
    const m = place.worldFromModel;
    assertRigid(m);
    assert.deepEqual([m[4], m[5], m[6]], [0, 1, 0]);
    const away = distance([...place.middle], [wearer[12]!, wearer[13]!, wearer[14]!]);
    assert.ok(away > 0.5 && away < 1);
    // Anterior points away from the head, and the patient's left is the wearer's left.
    const to = [0, 2].map((axis) => place.middle[axis]! - wearer[12 + axis]!);
    assert.ok(to[0]! * m[8]! + to[1]! * m[10]! > 0.6);
    const left = [to[1]!, -to[0]!];
    assert.ok(left[0]! * m[0]! + left[1]! * m[2]! > 0.6);
  }
});

test("it rests in the world while the head moves, and is placed anew when it is left far behind or would lie on the patient", () => {
  const place = new BesidePlace();
  place.update(head([0, 0, 0]), FIELDS[0]!, MIDDLE, RADIUS_M);
  const before = [...place.middle];
  place.update(head([0.3, 0.1, 0.2], 0.7, 0.2), FIELDS[0]!, MIDDLE, RADIUS_M);
  assert.deepEqual([...place.middle], before);
  place.update(head([0, 0, 3]), FIELDS[0]!, MIDDLE, RADIUS_M);
  assert.notDeepEqual([...place.middle], before);
  const moved = FIELDS[0]!.slice();
  for (let row = 0; row < 3; row += 1) moved[12 + row] = place.middle[row]! + 0.02;
  place.update(head([0, 0, 1]), moved, MIDDLE, RADIUS_M);
  assert.ok(distance([...place.middle], world(moved, MIDDLE)) >= 2 * RADIUS_M + CLEAR_M);
});

test("held, it turns about the vertical with the head, and stays turned", () => {
  const place = new BesidePlace();
  place.update(head([0, 0, 0]), null, MIDDLE, RADIUS_M);
  const before = [...place.middle];
  for (let step = 0; step <= 10; step += 1) place.hold(true, head([0, 0, 0], 0.03 * step));
  place.hold(false, head([0, 0, 0], 0.3));
  place.hold(false, head([0, 0, 0], 0.9));
  place.update(head([0, 0, 0], 0.3), null, MIDDLE, RADIUS_M);
  const m = place.worldFromModel;
  assertRigid(m);
  assert.deepEqual([...place.middle], before);
  const turned = Math.atan2(m[8]!, m[10]!) - Math.atan2(0, -1);
  assert.ok(Math.abs(Math.cos(turned) - Math.cos(0.9)) < 1e-9, `${turned}`);
});

test("what is straight ahead is looked at", () => {
  const place = new BesidePlace();
  place.update(head([0, 0, 0]), null, MIDDLE, RADIUS_M);
  const yaw = Math.atan2(-place.middle[0]!, -place.middle[2]!);
  const pitch = Math.atan2(-place.middle[1]!, Math.hypot(place.middle[0]!, place.middle[2]!));
  assert.ok(place.isLookedAt(head([0, 0, 0], yaw, pitch), RADIUS_M));
  assert.ok(!place.isLookedAt(head([0, 0, 0], yaw + 0.4, pitch), RADIUS_M));
  assert.ok(!place.isLookedAt(head([0, 0, 0], yaw + Math.PI, -pitch), RADIUS_M));
});

test("it comes when the overlay has been hidden for a second, and goes at once", () => {
  const beside = new Beside();
  assert.equal(beside.shows(0, { ...FACTS, overlaid: true }), false);
  assert.equal(beside.shows(10, FACTS), false);
  assert.equal(beside.shows(900, FACTS), false);
  assert.equal(beside.shows(1010, FACTS), true);
  assert.equal(beside.shows(1020, { ...FACTS, overlaid: true }), false);
  assert.equal(beside.shows(1030, FACTS), false);
  assert.equal(beside.shows(2030, FACTS), true);
  assert.equal(beside.shows(2040, { ...FACTS, allowed: false }), false);
  assert.equal(beside.shows(2050, FACTS), false);
});

test("asked for it is there at once, beside the overlay only where there is room for both", () => {
  const beside = new Beside();
  const wanted = { ...FACTS, wanted: true };
  assert.equal(beside.shows(0, wanted), true);
  assert.equal(beside.shows(10, { ...wanted, overlaid: true }), true);
  assert.equal(beside.shows(20, { ...wanted, overlaid: true, room: false }), false);
  assert.equal(beside.shows(30, { ...wanted, room: false }), true);
  assert.equal(beside.shows(40, { ...wanted, allowed: false }), false);
});

test("nothing comes up unasked before who has turned away from the field", () => {
  const beside = new Beside();
  for (let ms = 0; ms < 5000; ms += 100) assert.equal(beside.shows(ms, { ...FACTS, away: true }), false);
  assert.equal(beside.shows(5000, { ...FACTS, away: true, wanted: true }), true);
});
