import assert from "node:assert/strict";
import { test } from "node:test";

import { measureAlong } from "../src/overlay/along.ts";

const ROUND = 12;
const RADIUS_M = 0.002;

/** A closed tube round a line of points in the plane z = 0; returns positions and triangles. */
function tube(line: readonly (readonly [number, number])[]): { positions: Float32Array; index: number[] } {
  const positions: number[] = [];
  const index: number[] = [];
  line.forEach(([x, y], ring) => {
    const [before, after] = [line[Math.max(0, ring - 1)]!, line[Math.min(line.length - 1, ring + 1)]!];
    const length = Math.hypot(after[0] - before[0], after[1] - before[1]);
    const [nx, ny] = [-(after[1] - before[1]) / length, (after[0] - before[0]) / length];
    for (let side = 0; side < ROUND; side += 1) {
      const angle = (2 * Math.PI * side) / ROUND;
      const out = RADIUS_M * Math.cos(angle);
      positions.push(x + out * nx, y + out * ny, RADIUS_M * Math.sin(angle));
      if (ring === 0) continue;
      const [a, b] = [(ring - 1) * ROUND + side, (ring - 1) * ROUND + ((side + 1) % ROUND)];
      index.push(a, b, a + ROUND, b, b + ROUND, a + ROUND);
    }
  });
  const first = positions.length / 3;
  positions.push(...line[0]!, 0, ...line.at(-1)!, 0);
  for (let side = 0; side < ROUND; side += 1) {
    const next = (side + 1) % ROUND;
    const last = (line.length - 1) * ROUND;
    index.push(first, next, side, first + 1, last + side, last + next);
  }
  return { positions: Float32Array.from(positions), index };
}

test("along a tube that bends by a right angle the measure is the way along it", () => {
  const radius = 0.04;
  const straight = 0.06;
  const line: [number, number][] = [];
  for (let at = 0; at <= 30; at += 1) line.push([(straight * at) / 30 - straight, 0]);
  for (let at = 1; at <= 30; at += 1) {
    const angle = (Math.PI / 2) * (at / 30);
    line.push([radius * Math.sin(angle), radius * (1 - Math.cos(angle))]);
  }
  const { positions, index } = tube(line);
  const out = new Float32Array(positions.length / 3);
  measureAlong(positions, index, out);
  let way = 0;
  const ways = line.map(([x, y], ring) => (way += ring === 0 ? 0 : Math.hypot(x - line[ring - 1]![0], y - line[ring - 1]![1])));
  // From one end or the other; the way over a surface is a little longer outside a bend and shorter inside it.
  const backwards = out[0]! > way / 2;
  ways.forEach((right, ring) => {
    for (let side = 0; side < ROUND; side += 1) {
      const found = out[ring * ROUND + side]!;
      const error = Math.abs((backwards ? way - found : found) - right);
      assert.ok(error < 3 * RADIUS_M, `ring ${ring}: ${found} for ${right}`);
    }
  });
});

test("parts that do not touch are measured each for itself, and other vertices are left alone", () => {
  const one = tube([[0, 0], [0.01, 0], [0.02, 0], [0.03, 0]]);
  const count = one.positions.length / 3;
  const positions = new Float32Array(6 * count + 3).fill(1);
  positions.set(one.positions, 0);
  positions.set(one.positions.map((value) => value + 0.5), 3 * count);
  const out = new Float32Array(2 * count + 1).fill(-1);
  measureAlong(positions, [...one.index, ...one.index.map((vertex) => vertex + count)], out);
  assert.equal(out[2 * count], -1);
  for (const part of [out.slice(0, count), out.slice(count, 2 * count)]) {
    assert.equal(Math.min(...part), 0);
    assert.ok(Math.max(...part) > 0.029 && Math.max(...part) < 0.036);
  }
});
