import assert from "node:assert/strict";
import { test } from "node:test";

import { ringTriangles } from "../src/overlay/ring.ts";
import type { OverlayState } from "../src/protocol.gen.ts";

const DISTANCE_M = 1.1;
const RAYS = 720;

/** For each ray around the view's middle: whether the ring has ink there, so many degrees away from it. */
function inkAt(state: OverlayState, awayDeg: number): boolean[] {
  const triangles = ringTriangles(state, DISTANCE_M);
  const radius = DISTANCE_M * Math.tan((awayDeg * Math.PI) / 180);
  return Array.from({ length: RAYS }, (_, ray) => {
    const angle = ((ray + 0.5) / RAYS) * 2 * Math.PI;
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    for (let at = 0; at < triangles.length; at += 9) {
      const side = (a: number, b: number): number =>
        (triangles[at + b]! - triangles[at + a]!) * (y - triangles[at + a + 1]!) -
        (triangles[at + b + 1]! - triangles[at + a + 1]!) * (x - triangles[at + a]!);
      const sides = [side(0, 3), side(3, 6), side(6, 0)];
      if (sides.every((value) => value >= 0) || sides.every((value) => value <= 0)) return true;
    }
    return false;
  });
}

/** How often ink and gap follow one another around the ring. */
function dashes(ink: boolean[]): number {
  return ink.filter((value, at) => value && !ink[(at + ink.length - 1) % ink.length]).length;
}

test("LIVE is closed, HOLD dashed, LOST broken with bars, OFF has none: told apart without any colour", () => {
  const live = inkAt("LIVE", 20.45);
  assert.equal(dashes(live), 0);
  assert.ok(live.every((ink) => ink));
  const hold = inkAt("HOLD", 20.45);
  assert.equal(dashes(hold), 18);
  assert.ok(Math.abs(hold.filter((ink) => ink).length / RAYS - 0.5) < 0.02);
  assert.equal(dashes(inkAt("LOST", 20.45)), 8);
  assert.equal(dashes(inkAt("LOST", 23)), 4);
  assert.equal(dashes(inkAt("HOLD", 23)), 0);
  assert.equal(ringTriangles("OFF", DISTANCE_M).length, 0);
});

test("nothing of it lies within the middle 20 degrees", () => {
  for (const state of ["LIVE", "HOLD", "LOST"] as const) {
    const triangles = ringTriangles(state, DISTANCE_M);
    for (let at = 0; at < triangles.length; at += 3) {
      const away = Math.atan2(Math.hypot(triangles[at]!, triangles[at + 1]!), -triangles[at + 2]!);
      assert.ok((away * 180) / Math.PI > 20, state);
    }
    // Between two corners the ring is straight, and comes nearer by a hair.
    assert.ok(inkAt(state, 20).every((ink) => !ink));
  }
});
