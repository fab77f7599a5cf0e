import assert from "node:assert/strict";
import { test } from "node:test";

import { cornersOf, linesOf, type PlaneTold, rectangleOf, trianglesOf } from "../src/overlay/rectangle.ts";

/** Across the patient's long axis, turned by 30 degrees in itself. */
const [cos, sin] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
const PLANE: PlaneTold = {
  center_patient_m: [0.01, 0.05, -0.38],
  kept_normal: [0, 0, 1],
  along: [cos, sin, 0],
  width_mm: 92,
  height_mm: 52,
};

const near = (one: readonly number[], other: readonly number[]) =>
  one.forEach((value, at) => assert.ok(Math.abs(value - other[at]!) < 1e-12, `${one} is not ${other}`));
const segments = (lines: readonly number[]) =>
  Array.from({ length: lines.length / 6 }, (_, at) => [lines.slice(6 * at, 6 * at + 3), lines.slice(6 * at + 3, 6 * at + 6)] as const);

test("corners lie half a width and half a height from the middle, in model axes", () => {
  // Patient axes: left, posterior, superior; the height goes along normal x along = (-sin, cos, 0).
  const corner = (across: number, up: number) => {
    const left = 0.01 + 0.046 * across * cos - 0.026 * up * sin;
    const posterior = 0.05 + 0.046 * across * sin + 0.026 * up * cos;
    return [left, -0.38, -posterior];
  };
  const corners = cornersOf(rectangleOf(PLANE));
  [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)].forEach((wanted, at) => near(corners[at]!, wanted));
});

test("its triangles face what is kept and cover it once", () => {
  const t = trianglesOf(rectangleOf(PLANE));
  assert.equal(t.length, 18);
  let area = 0;
  for (const from of [0, 9]) {
    const [ax, ay, az] = [3, 4, 5].map((at) => t[from + at]! - t[from + at - 3]!) as [number, number, number];
    const [bx, by, bz] = [6, 7, 8].map((at) => t[from + at]! - t[from + at - 6]!) as [number, number, number];
    const normal = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
    // Superior is +y in model axes.
    assert.ok(normal[1]! > 0);
    area += Math.hypot(...normal) / 2;
  }
  assert.ok(Math.abs(area - 0.092 * 0.052) < 1e-12);
});

test("a margin that is kept has a whole frame, one that is not safe a broken one, one that is not kept is hatched", () => {
  const rectangle = rectangleOf(PLANE);
  const level = (verdict: Parameters<typeof linesOf>[1]) =>
    segments(linesOf(rectangle, verdict)).filter(([from, to]) => from[1] === -0.38 && to[1] === -0.38);
  const length = (lines: ReturnType<typeof level>) =>
    lines.reduce((sum, [from, to]) => sum + Math.hypot(...from.map((value, axis) => value - to[axis]!)), 0);
  assert.equal(level("kept").length, 4);
  assert.ok(Math.abs(length(level("kept")) - 0.288) < 1e-12);
  assert.deepEqual(level(null), level("kept"));
  const dashes = level("not_safe");
  assert.ok(dashes.length > 20);
  assert.ok(length(dashes) > 0.288 * 0.5 && length(dashes) < 0.288 * 0.75);
  const hatched = level("not_kept");
  assert.deepEqual(hatched.slice(0, 4).length, 4);
  assert.ok(hatched.length > 9);
  // All of it lies within the rectangle.
  for (const [from, to] of [...dashes, ...hatched]) {
    for (const [x, , z] of [from, to] as unknown as [number, number, number][]) {
      const [left, posterior] = [x - 0.01, -z - 0.05];
      assert.ok(Math.abs(left * cos + posterior * sin) <= 0.046 + 1e-9);
      assert.ok(Math.abs(-left * sin + posterior * cos) <= 0.026 + 1e-9);
    }
  }
});

test("an arrow at each corner points to what is kept", () => {
  const shafts = segments(linesOf(rectangleOf(PLANE), "kept")).filter(([from, to]) => from[1] === -0.38 && to[1]! > -0.38);
  assert.equal(shafts.length, 4);
  cornersOf(rectangleOf(PLANE)).forEach((corner, at) => {
    near(shafts[at]![0], corner);
    near(shafts[at]![1], [corner[0], corner[1] + 0.012, corner[2]]);
  });
});
