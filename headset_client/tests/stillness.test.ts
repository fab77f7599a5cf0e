import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, type Matrix } from "../src/frames.ts";
import { HeadHistory } from "../src/overlay/head_history.ts";
import { isCalm, isStill, pictureEveryMs } from "../src/overlay/stillness.ts";
import { turned } from "./moving.ts";

const MM = 0.001;
const DEG = Math.PI / 180;

/** A head told at 72 Hz for half a second, where it was by time. */
function history(at: (ms: number) => Matrix, everyMs = 1000 / 72): HeadHistory {
  const heads = new HeadHistory();
  for (let ms = 0; ms <= 500; ms += everyMs) heads.add(ms, at(ms));
  return heads;
}

test("a head that moves by less than 1 mm and 0.1 deg in 0.3 s is still, and no other", () => {
  const slow = (mm: number, deg: number) =>
    history((ms) => turned([1, 2, 0.5], (deg * DEG * ms) / 300, [0.1, (mm * MM * ms) / 300, 0]));
  assert.ok(isStill(slow(0, 0)));
  assert.ok(isStill(slow(0.9, 0.09)));
  assert.ok(!isStill(slow(1.1, 0)));
  assert.ok(!isStill(slow(0, 0.11)));
  assert.ok(!isStill(history(() => identity(), 60)), "across gaps nobody knows");
  assert.ok(!isStill(new HeadHistory()));
});

test("a picture of a fast head is a blur", () => {
  const going = (mmPerS: number, degPerS: number) =>
    history((ms) => turned([0, 1, 0], (degPerS * DEG * ms) / 1000, [(mmPerS * MM * ms) / 1000, 0, 0]));
  assert.ok(isCalm(going(150, 25)));
  assert.ok(!isCalm(going(300, 0)));
  assert.ok(!isCalm(going(0, 50)));
});

test("the board is looked for more often than an alignment is watched", () => {
  assert.ok(pictureEveryMs(null) === pictureEveryMs("drifted") && pictureEveryMs("drifted") < pictureEveryMs("aligned"));
});
