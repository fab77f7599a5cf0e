import assert from "node:assert/strict";
import { test } from "node:test";

import { BAR_TRIANGLES, barsOf } from "../src/overlay/bars.ts";

const LINES = [
  0, 0, 0, 0.1, 0, 0, // along each axis and aslant
  0, 0, 0, 0, 0.1, 0,
  0, 0, 0.2, 0, 0, 0.1,
  0.1, 0.2, 0.3, 0.13, 0.24, 0.42,
];
const RADIUS = 0.001;

test("every point of a bar is as far from its line as it is wide, and a little beyond its ends", () => {
  const { positions, index } = barsOf(LINES, RADIUS);
  const bars = LINES.length / 6;
  assert.equal(positions.length, bars * 6 * 3);
  assert.equal(index.length, bars * BAR_TRIANGLES * 3);
  assert.equal(Math.max(...index), bars * 6 - 1);
  for (let point = 0; point < positions.length / 3; point += 1) {
    const line = LINES.slice(6 * Math.floor(point / 6), 6 * Math.floor(point / 6) + 6);
    const d = [0, 1, 2].map((axis) => line[axis + 3]! - line[axis]!);
    const length = Math.hypot(...d);
    const off = [0, 1, 2].map((axis) => positions[3 * point + axis]! - line[axis]!);
    const along = off.reduce((sum, value, axis) => sum + (value * d[axis]!) / length, 0);
    const away = Math.sqrt(Math.max(0, off.reduce((sum, value) => sum + value * value, 0) - along * along));
    assert.ok(Math.abs(away - RADIUS) < 1e-7, `${away}`);
    const end = point % 6 < 3 ? -RADIUS : length + RADIUS;
    assert.ok(Math.abs(along - end) < 1e-7, `${along}`);
  }
});

test("its triangles face outwards", () => {
  const { positions, index } = barsOf(LINES, RADIUS);
  const at = (corner: number, axis: number) => positions[3 * index[corner]! + axis]!;
  for (let triangle = 0; triangle < index.length; triangle += 3) {
    const bar = Math.floor(triangle / (3 * BAR_TRIANGLES));
    const a = [0, 1, 2].map((axis) => at(triangle + 1, axis) - at(triangle, axis)) as [number, number, number];
    const b = [0, 1, 2].map((axis) => at(triangle + 2, axis) - at(triangle, axis)) as [number, number, number];
    const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    const middle = [0, 1, 2].map((axis) => (LINES[6 * bar + axis]! + LINES[6 * bar + 3 + axis]!) / 2);
    const out = [0, 1, 2].map((axis) => (at(triangle, axis) + at(triangle + 1, axis) + at(triangle + 2, axis)) / 3 - middle[axis]!);
    assert.ok(normal.reduce((sum, value, axis) => sum + value * out[axis]!, 0) > 0);
  }
});

test("no line is no bar, and a line without length is no trouble", () => {
  assert.equal(barsOf([], RADIUS).positions.length, 0);
  assert.ok(barsOf([1, 2, 3, 1, 2, 3], RADIUS).positions.every(Number.isFinite));
});
