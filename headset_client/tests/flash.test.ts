import assert from "node:assert/strict";
import { test } from "node:test";

import { Flash } from "../src/overlay/flash.ts";
import { bandTriangles, INNER_DEG } from "../src/overlay/ring.ts";

test("a device that is meant shows its name for so long, and no longer", () => {
  const flash = new Flash();
  assert.equal(flash.nameAt(0), null);
  assert.equal(flash.isBrightAt(0), false);
  flash.begin({ name: "Quest 3", seconds: 6 }, 1000);
  assert.equal(flash.nameAt(1000), "Quest 3");
  assert.equal(flash.nameAt(6999), "Quest 3");
  assert.equal(flash.nameAt(7000), null);
  flash.begin({ name: "Quest 3", seconds: 6 }, 8000);
  flash.end();
  assert.equal(flash.nameAt(8001), null);
});

test("the ring beats once a second, from the first frame on, also when it is asked for again meanwhile", () => {
  const flash = new Flash();
  flash.begin({ name: "One", seconds: 6 }, 0);
  const beats = (fromMs: number) => Array.from({ length: 8 }, (_, n) => flash.isBrightAt(fromMs + 250 * n));
  assert.deepEqual(beats(0), [true, true, false, false, true, true, false, false]);
  flash.begin({ name: "One", seconds: 6 }, 750);
  assert.deepEqual(beats(1000), [true, true, false, false, true, true, false, false]);
});

test("the bright ring is a closed band outside the ring of the state", () => {
  const corners = bandTriangles(INNER_DEG + 4, INNER_DEG + 6, 1.1);
  const away: number[] = [];
  for (let at = 0; at < corners.length; at += 3) {
    away.push((Math.atan2(Math.hypot(corners[at]!, corners[at + 1]!), -corners[at + 2]!) * 180) / Math.PI);
  }
  assert.ok(Math.min(...away) > INNER_DEG + 3.9 && Math.max(...away) < INNER_DEG + 6.1);
  assert.equal(away.length % 18, 0);
});
