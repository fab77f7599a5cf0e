import assert from "node:assert/strict";
import { test } from "node:test";

import type { Matrix } from "../src/frames.ts";
import { Pivot, solvePivot } from "../src/overlay/pivot.ts";
import type { Point } from "../src/overlay/points.ts";
import { normal, random, turned } from "./moving.ts";

const DEG = Math.PI / 180;

/** Poses of a controller turned about its tip, which rests in a dimple. */
function pivoting(count: number, { coneDeg = 30, noise = 0, seed = 1 } = {}): { grips: Matrix[]; tip: Point } {
  const uniform = random(seed);
  const tip: Point = [0.004, -0.012, -0.085];
  const grips = Array.from({ length: count }, () => {
    const around = 2 * Math.PI * uniform();
    const axis: Point = [Math.cos(around), 0.3 * normal(uniform), Math.sin(around)];
    const grip = turned(axis, coneDeg * DEG * Math.sqrt(uniform()), [0, 0, 0]);
    for (let k = 0; k < 3; k += 1) {
      const carriedTip = grip[k]! * tip[0] + grip[4 + k]! * tip[1] + grip[8 + k]! * tip[2];
      grip[12 + k] = [0.2, 1.1, -0.4][k]! - carriedTip + noise * normal(uniform);
    }
    return grip;
  });
  return { grips, tip };
}

function rows(grip: Matrix): number[] {
  return [0, 4, 8, 1, 5, 9, 2, 6, 10].map((at) => grip[at]!);
}

function solved(grips: readonly Matrix[]) {
  return solvePivot(grips.map(rows), grips.map((grip) => [grip[12]!, grip[13]!, grip[14]!] as Point));
}

test("the tip of a controller turned in a dimple is found exactly without noise", () => {
  const { grips, tip } = pivoting(30);
  solved(grips)!.tip.inGrip.forEach((part, k) => assert.ok(Math.abs(part - tip[k]!) < 1e-12));
});

test("the claimed sigma of a tip is honest", () => {
  const squares: number[] = [];
  for (let seed = 0; seed < 400; seed += 1) {
    const { grips, tip } = pivoting(30, { noise: 0.001, seed });
    const found = solved(grips)!;
    const off = Math.hypot(...found.tip.inGrip.map((part, k) => part - tip[k]!));
    squares.push((off / found.tip.sigma) ** 2);
  }
  const mean = squares.reduce((sum, part) => sum + part, 0) / squares.length;
  // Three axes share less than three variances, as the claim is that of the least known one.
  assert.ok(mean > 0.8 && mean < 3.2, `${mean}`);
  assert.ok(squares.filter((part) => part > 2.8 ** 2).length / squares.length < 0.05);
});

test("a tip that slipped, or was hardly turned, is no tip", () => {
  const pivot = new Pivot();
  const narrow = pivoting(400, { coneDeg: 1 });
  for (const grip of narrow.grips) pivot.add(grip);
  assert.equal(pivot.result().news, "turn");
  pivot.clear();
  const slipping = pivoting(80, { noise: 0.004 });
  for (const grip of slipping.grips) pivot.add(grip);
  assert.equal(pivot.result().news, "slipped");
  pivot.clear();
  for (const grip of pivoting(80, { noise: 0.0008 }).grips) pivot.add(grip);
  assert.equal(pivot.result().news, "done");
});
