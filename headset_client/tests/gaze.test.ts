import assert from "node:assert/strict";
import { test } from "node:test";

import { identity, invertRigid, type Matrix, multiply, setFromPose } from "../src/frames.ts";
import { Gaze, POINTS, samplePoints } from "../src/overlay/gaze.ts";

/** Points on a ball, all over it, x y z in turn. */
function ball(centre: readonly number[], radius: number, count = POINTS): Float32Array {
  const points = new Float32Array(3 * count);
  for (let n = 0; n < count; n += 1) {
    const z = 1 - (2 * (n + 0.5)) / count;
    const r = Math.sqrt(1 - z * z);
    const turn = n * 2.399963229728653;
    points[3 * n] = centre[0]! + radius * r * Math.cos(turn);
    points[3 * n + 1] = centre[1]! + radius * r * Math.sin(turn);
    points[3 * n + 2] = centre[2]! + radius * z;
  }
  return points;
}

/** A head at a place that looks straight at a point. */
function lookingAt(from: readonly number[], to: readonly number[]): Matrix {
  const back = [0, 1, 2].map((axis) => from[axis]! - to[axis]!);
  const length = Math.hypot(...back);
  const z = back.map((value) => value / length);
  const x = [z[2]!, 0, -z[0]!];
  const width = Math.hypot(...x);
  x.forEach((value, axis) => (x[axis] = value / width));
  const y = [z[1]! * x[2]! - z[2]! * x[1]!, z[2]! * x[0]! - z[0]! * x[2]!, z[0]! * x[1]! - z[1]! * x[0]!];
  return Float64Array.of(...x, 0, ...y, 0, ...z, 0, ...from, 1);
}

const CENTRES = [
  [0, 0, 0],
  [0.06, 0.01, 0],
  [-0.05, 0.05, 0.02],
  [0.01, -0.08, -0.03],
];
const all = () => true;

test("whatever is looked at, from wherever, is told", () => {
  const points = CENTRES.map((centre) => ball(centre, 0.012));
  for (const from of [
    [0, 0, 0.6],
    [0.3, 0.4, 0.5],
    [-0.5, 0.1, -0.4],
    [0.02, 0.9, 0.05],
  ]) {
    CENTRES.forEach((centre, wanted) => {
      const gaze = new Gaze();
      gaze.begin(points);
      // Nothing lies before it from here: the one behind another is another test's.
      const hidden = CENTRES.some((other, at) => at !== wanted && angleAt(from, centre, other) < 0.06);
      if (!hidden) assert.equal(gaze.at(0, lookingAt(from, centre), all), wanted, `${from} to ${centre}`);
    });
  }
});

function angleAt(from: readonly number[], one: readonly number[], other: readonly number[]): number {
  const a = one.map((value, axis) => value - from[axis]!);
  const b = other.map((value, axis) => value - from[axis]!);
  const dot = a.reduce((sum, value, axis) => sum + value * b[axis]!, 0);
  return Math.acos(dot / (Math.hypot(...a) * Math.hypot(...b)));
}

test("the pose of model and head does not matter, only how they stand to one another", () => {
  const points = CENTRES.map((centre) => ball(centre, 0.012));
  const worldFromModel = setFromPose(identity(), { position: [1, 1.2, -0.6], quatXyzw: [0.1, -0.7, 0.3, 0.64] });
  const worldFromHead = multiply(identity(), worldFromModel, lookingAt([0.1, 0.2, 0.6], CENTRES[2]!));
  const modelFromHead = multiply(identity(), invertRigid(identity(), worldFromModel), worldFromHead);
  const gaze = new Gaze();
  gaze.begin(points);
  assert.equal(gaze.at(0, modelFromHead, all), 2);
});

test("nothing is looked at beside everything, behind the head, or where nothing is drawn", () => {
  const gaze = new Gaze();
  gaze.begin(CENTRES.map((centre) => ball(centre, 0.012)));
  assert.equal(gaze.at(0, lookingAt([0, 0, 0.6], [0.3, 0.3, 0]), all), -1);
  assert.equal(gaze.at(0, lookingAt([0, 0, 0.6], [0, 0, 1.2]), all), -1);
  assert.equal(gaze.at(0, lookingAt([0, 0, 0.6], CENTRES[0]!), () => false), -1);
  gaze.begin([]);
  assert.equal(gaze.at(0, lookingAt([0, 0, 0.6], CENTRES[0]!), all), -1);
});

test("of two that are as near to the line the front-most is told, whichever was named first", () => {
  const front = ball([0, 0, 0.05], 0.01);
  const behind = ball([0, 0, -0.05], 0.01);
  for (const points of [
    [front, behind],
    [behind, front],
  ]) {
    const gaze = new Gaze();
    gaze.begin(points);
    assert.equal(points[gaze.at(0, lookingAt([0.0001, 0, 0.6], [0.0001, 0, 0]), all)], front);
  }
});

test("a fine root within a large bone is told when it is looked at, and the bone beside it", () => {
  const bone = ball([0, 0, 0], 0.06);
  const root = new Float32Array(3 * POINTS);
  for (let n = 0; n < POINTS; n += 1) root.set([0.02, -0.03 + (0.06 * n) / POINTS, 0.01], 3 * n);
  const gaze = new Gaze();
  gaze.begin([bone, root]);
  const from = [0.05, 0.1, 0.6];
  let found = 0;
  for (let step = 0; step < 20; step += 1) {
    const at = [0.02, -0.028 + 0.056 * (step / 20), 0.01];
    gaze.begin([bone, root]);
    if (gaze.at(0, lookingAt(from, at), all) === 1) found += 1;
  }
  // A point of the bone's front may lie as near to the line: then the bone is in front of it.
  assert.ok(found >= 16, `${found} of 20`);
  gaze.begin([bone, root]);
  assert.equal(gaze.at(0, lookingAt(from, [-0.045, 0.02, 0]), all), 0);
});

test("a look that wavers between two does not flicker; one that stays moves on", () => {
  const gaze = new Gaze();
  gaze.begin([ball([-0.012, 0, 0], 0.01), ball([0.012, 0, 0], 0.01)]);
  const at = (nowMs: number, x: number) => gaze.at(nowMs, lookingAt([0.001, 0, 0.6], [x, 0, 0]), all);
  assert.equal(at(0, -0.012), 0);
  for (let n = 1; n <= 40; n += 1) assert.equal(at(50 * n, n % 2 === 0 ? -0.004 : 0.004), 0);
  assert.equal(at(2100, 0.012), 0);
  assert.equal(at(2200, 0.012), 0);
  assert.equal(at(2400, 0.012), 1);
});

test("points are taken all over the surface, and never more than there are", () => {
  const positions = Float32Array.from({ length: 3 * 1000 }, (_, at) => at);
  const points = samplePoints(positions, 100, 800, 50);
  assert.equal(points.length, 150);
  assert.ok(points[0]! >= 300 && points[0]! < 300 + 3 * 16);
  assert.ok(points.at(-1)! < 2700 && points.at(-1)! >= 2700 - 3 * 16);
  assert.deepEqual([...samplePoints(positions, 10, 2, 50)], [30, 31, 32, 33, 34, 35]);
});

test("the point that is looked at is the one of the structure nearest to the line of sight", () => {
  const points = CENTRES.map((centre) => ball(centre, 0.012));
  const gaze = new Gaze();
  gaze.begin(points);
  const from = [0, 0, 0.6];
  const seen = gaze.at(0, lookingAt(from, CENTRES[1]!), all);
  const out = [0, 0, 0];
  gaze.pointInto(out, seen);
  let nearest = Infinity;
  for (let at = 0; at < points[seen]!.length; at += 3) {
    nearest = Math.min(nearest, angleAt(from, CENTRES[1]!, [...points[seen]!.subarray(at, at + 3)]));
  }
  assert.ok(Math.abs(angleAt(from, CENTRES[1]!, out) - nearest) < 1e-9);
  assert.ok(Math.abs(Math.hypot(...out.map((m, axis) => m - CENTRES[1]![axis]!)) - 0.012) < 1e-6);
});
