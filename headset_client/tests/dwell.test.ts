import assert from "node:assert/strict";
import { test } from "node:test";

import { DWELL, Dwell } from "../src/overlay/dwell.ts";

const FRAME_MS = 14;

/** Look at what `at` says for some time; returns the times of the presses, ms. */
function watch(dwell: Dwell, fromMs: number, forMs: number, at: (ms: number) => string | null, repeats = false): number[] {
  const presses: number[] = [];
  for (let nowMs = fromMs; nowMs < fromMs + forMs; nowMs += FRAME_MS) {
    if (dwell.look(nowMs, at(nowMs - fromMs), repeats) === "pressed") presses.push(nowMs - fromMs);
  }
  return presses;
}

test("a gaze that rests presses once, after the time it takes", () => {
  const dwell = new Dwell();
  const [first, ...more] = watch(dwell, 0, 5000, () => "clear");
  assert.ok(first! >= DWELL.dwellMs && first! <= DWELL.dwellMs + 2 * FRAME_MS, `${first}`);
  assert.ok(DWELL.dwellMs >= 800 && DWELL.dwellMs <= 1200);
  assert.deepEqual(more, []);
});

test("a gaze that crosses, however often, presses nothing", () => {
  const dwell = new Dwell();
  // 0.9 s on it, then 0.2 s off it, for a minute; and sweeps over a row of buttons.
  assert.deepEqual(watch(dwell, 0, 60_000, (ms) => (ms % 1100 < 900 ? "clear" : null)), []);
  assert.deepEqual(watch(dwell, 60_000, 60_000, (ms) => `button ${Math.floor(ms / 300) % 8}`), []);
});

test("two buttons never share one rest, not even within the grace", () => {
  const dwell = new Dwell();
  assert.deepEqual(watch(dwell, 0, 30_000, (ms) => (ms % 1000 < 950 ? "clear" : "twin")), []);
});

test("a head that trembles off the button for a moment goes on", () => {
  const dwell = new Dwell();
  const [first] = watch(dwell, 0, 3000, (ms) => (ms % 300 > 240 ? null : "clear"));
  assert.ok(first! < 1.5 * DWELL.dwellMs, `${first}`);
});

test("a button that repeats is pressed again after the pause, others after the gaze left them", () => {
  const repeating = watch(new Dwell(), 0, 6000, () => "fainter", true);
  assert.equal(repeating.length, 3);
  assert.ok(repeating[1]! - repeating[0]! >= DWELL.cooldownMs + DWELL.dwellMs);
  const left = watch(new Dwell(), 0, 6000, (ms) => (ms % 3000 < 2500 ? "clear" : null));
  assert.equal(left.length, 2);
});

test("a page that was held up does not count the time it did not see", () => {
  const dwell = new Dwell();
  dwell.look(0, "clear", false);
  assert.equal(dwell.look(10_000, "clear", false), null);
  assert.ok(dwell.progress <= DWELL.mostPerFrameMs / DWELL.dwellMs);
});

test("after a pinch the dwell on the same button is over", () => {
  const dwell = new Dwell();
  watch(dwell, 0, 900, () => "clear");
  dwell.pressedOtherwise(900);
  assert.deepEqual(watch(dwell, 900, 5000, () => "clear"), []);
});

test("progress fills, and is told entered once", () => {
  const dwell = new Dwell();
  assert.equal(dwell.progress, 0);
  assert.equal(dwell.look(0, "clear", false), "entered");
  assert.equal(dwell.look(50, "clear", false), null);
  let last = 0;
  for (let nowMs = 64; nowMs < 900; nowMs += FRAME_MS) {
    dwell.look(nowMs, "clear", false);
    assert.ok(dwell.progress > last);
    last = dwell.progress;
  }
  dwell.reset();
  assert.equal(dwell.target, null);
});
