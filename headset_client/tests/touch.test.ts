import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, setFromPose } from "../src/frames.ts";
import { Fingertip, FINGERTIP_SIGMA_MM, inRoom } from "../src/overlay/touch.ts";

function hold(tip: Fingertip, fromMs: number, forMs: number, at: (ms: number) => [number, number, number]): void {
  for (let ms = 0; ms <= forMs; ms += 14) tip.add(fromMs + ms, ...at(ms));
}

test("a tip that rests is where its trembling averages to", () => {
  const tip = new Fingertip();
  hold(tip, 0, 1000, (ms) => [0.1 + 0.001 * Math.sin(ms), 1.0, -0.5 + 0.001 * Math.cos(ms)]);
  const rest = tip.rest(1000)!;
  assert.ok(Math.hypot(rest[0]! - 0.1, rest[1]! - 1.0, rest[2]! + 0.5) < 0.0007);
});

test("a tip that moves, just came, or went out of sight, touches nothing", () => {
  const moving = new Fingertip();
  hold(moving, 0, 1000, (ms) => [0.00005 * ms, 0, 0]);
  assert.equal(moving.rest(1000), null);
  const short = new Fingertip();
  hold(short, 0, 200, () => [0, 0, 0]);
  assert.equal(short.rest(200), null);
  const gone = new Fingertip();
  hold(gone, 0, 1000, () => [0, 0, 0]);
  assert.ok(gone.rest(1000) !== null);
  assert.equal(gone.rest(1400), null, "not seen for so long");
  gone.lost();
  assert.equal(gone.rest(1000), null);
});

test("it came to rest: what was before does not count", () => {
  const tip = new Fingertip();
  hold(tip, 0, 1000, (ms) => [0.001 * ms, 0, 0]);
  hold(tip, 1014, 500, () => [2, 0, 0]);
  assert.deepEqual(Array.from(tip.rest(1510)!), [2, 0, 0]);
});

test("the mean error of a fingertip of this sigma is what was measured", () => {
  assert.ok(Math.abs(FINGERTIP_SIGMA_MM * Math.sqrt(8 / Math.PI) - 11) < 0.3);
});

test("a touch is told in the room's axes", () => {
  const worldFromRoom = setFromPose(identity(), { position: [1, 2, 3], quatXyzw: [0, Math.SQRT1_2, 0, Math.SQRT1_2] });
  // A quarter turn about y: the room's x points along the world's -z.
  const told = inRoom(worldFromRoom, Float64Array.of(1, 2.5, 2));
  assert.ok(Math.hypot(told[0] - 1, told[1] - 0.5, told[2]) < 1e-12);
});
