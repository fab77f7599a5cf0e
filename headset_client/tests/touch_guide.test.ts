import assert from "node:assert/strict";
import { test } from "node:test";

import type { Point } from "../src/overlay/points.ts";
import { TouchGuide } from "../src/overlay/touch_guide.ts";
import { normal, random } from "./moving.ts";

const CORNERS: Point[] = [[0, 0, 0], [0.15, 0, 0], [0.15, 0.11, 0], [0, 0.11, 0]];
const FINGER = { name: "fingertip", sigma: 0.002 } as const;

/** Hold the tip somewhere for a second, trembling by half a millimetre, then lift it. */
function touch(guide: TouchGuide, nowMs: number, place: Point, uniform: () => number): string[] {
  const news: string[] = [];
  for (let ms = 0; ms < 1000; ms += 14) {
    const tip = place.map((part) => part + 0.0005 * normal(uniform)) as unknown as Point;
    news.push(guide.add(nowMs + ms, tip, FINGER));
  }
  news.push(guide.add(nowMs + 1010, [place[0], place[1], place[2] - 0.05], FINGER));
  return news.filter((one) => one !== "none");
}

test("four corners held still are four touches at their means, one each, and the fourth is shown before it is touched", () => {
  const uniform = random(3);
  const guide = new TouchGuide();
  guide.begin(CORNERS);
  const world = (corner: Point): Point => [0.3 - corner[1], 1.2 + corner[0], -0.5 + corner[2]];
  CORNERS.forEach((corner, number) => {
    if (number === 3) guide.nextPlace!.forEach((part, k) => assert.ok(Math.abs(part - world(corner)[k]!) < 0.001));
    assert.deepEqual(touch(guide, 2000 * number, world(corner), uniform), [number === 3 ? "complete" : "taken"]);
  });
  guide.touched.forEach((place, number) =>
    place.forEach((part, k) => assert.ok(Math.abs(part - world(CORNERS[number]!)[k]!) < 0.0004)),
  );
  assert.ok(guide.sigma > 0.002 && guide.sigma < 0.0022);
});

test("a touch that cannot be the corner is told, and touched again", () => {
  const uniform = random(4);
  const guide = new TouchGuide();
  guide.begin(CORNERS);
  touch(guide, 0, CORNERS[0]!, uniform);
  assert.deepEqual(touch(guide, 2000, [0.1, 0, 0], uniform), ["wrong"]);
  assert.equal(guide.offMm, 50);
  assert.equal(guide.touched.length, 0, "of two nobody knows which is wrong");
  touch(guide, 4000, CORNERS[0]!, uniform);
  touch(guide, 6000, CORNERS[1]!, uniform);
  assert.deepEqual(touch(guide, 8000, CORNERS[3]!, uniform), ["wrong"]);
  assert.equal(guide.touched.length, 2);
  assert.deepEqual(touch(guide, 10000, CORNERS[2]!, uniform), ["taken"]);
});

test("a tip that moves or is out of sight touches nothing", () => {
  const guide = new TouchGuide();
  guide.begin(CORNERS);
  for (let ms = 0; ms < 5000; ms += 14) {
    assert.equal(guide.add(ms, [ms / 40_000, 0, 0], FINGER), "none");
  }
  for (let ms = 0; ms < 5000; ms += 14) {
    assert.equal(guide.add(5000 + ms, ms % 500 < 20 ? null : [0, 0, 0], FINGER), "none");
  }
});

test("where the tip rests already, in the dimple or at a touch that was wrong, is no touch before it left", () => {
  const guide = new TouchGuide();
  guide.begin(CORNERS);
  const rest = (fromMs: number, place: Point): string[] => {
    const news: string[] = [];
    for (let ms = 0; ms < 3000; ms += 14) news.push(guide.add(fromMs + ms, place, FINGER));
    return news.filter((one) => one !== "none");
  };
  guide.mustLeave([0.4, 0, 0]);
  assert.deepEqual(rest(0, [0.4, 0.002, 0]), []);
  assert.deepEqual(rest(4000, CORNERS[0]!), ["taken"]);
  assert.deepEqual(rest(8000, [0.1, 0, 0]), ["wrong"]);
  assert.equal(guide.touched.length, 0);
  guide.begin(CORNERS);
  assert.deepEqual(rest(12000, [0.1, 0, 0]), [], "also when all begins anew");
  assert.deepEqual(rest(16000, CORNERS[0]!), ["taken"]);
});
