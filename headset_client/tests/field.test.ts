import assert from "node:assert/strict";
import { test } from "node:test";

import { Field, IS_AWAY, LOOKS_AWAY } from "../src/overlay/field.ts";

const CENTRE = [0.2, 1.0, -0.7];
const RADIUS_M = 0.1;

/** A head so far from the field's middle, level with it, turned by so many degrees away from it. */
function head(distanceM: number, turnedDeg: number): Float64Array {
  const a = (turnedDeg * Math.PI) / 180;
  const [c, s] = [Math.cos(a), Math.sin(a)];
  return Float64Array.of(c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, CENTRE[0]!, CENTRE[1]!, CENTRE[2]! + distanceM, 1);
}

/** Degrees from the field's middle to its edge. */
function halfDeg(distanceM: number): number {
  return (Math.asin(RADIUS_M / distanceM) * 180) / Math.PI;
}

test("who looks at the field, beside it, or glances elsewhere sees the overlay", () => {
  const field = new Field();
  for (let ms = 0; ms < 5000; ms += 20) {
    const glances = ms % 1000 > 700;
    assert.equal(field.at(ms, head(0.6, glances ? 90 : 45), CENTRE, RADIUS_M), null, `${ms}`);
  }
});

test("who turns away sees nothing after a moment, and the overlay again at once when turning back", () => {
  for (const side of [1, -1]) {
    const field = new Field();
    const edge = halfDeg(0.6);
    assert.equal(field.at(0, head(0.6, side * (edge + 51)), CENTRE, RADIUS_M), null);
    assert.equal(field.at(390, head(0.6, side * (edge + 51)), CENTRE, RADIUS_M), null);
    assert.equal(field.at(400, head(0.6, side * (edge + 51)), CENTRE, RADIUS_M), LOOKS_AWAY);
    assert.equal(field.at(900, head(0.6, side * (edge + 43)), CENTRE, RADIUS_M), LOOKS_AWAY);
    assert.equal(field.at(910, head(0.6, side * (edge + 41)), CENTRE, RADIUS_M), null);
  }
});

test("who walks away sees nothing, and the overlay again when coming back", () => {
  const field = new Field();
  assert.equal(field.at(0, head(2.05, 0), CENTRE, RADIUS_M), null);
  assert.equal(field.at(1000, head(2.15, 0), CENTRE, RADIUS_M), null);
  assert.equal(field.at(1500, head(2.15, 0), CENTRE, RADIUS_M), IS_AWAY);
  assert.equal(field.at(2000, head(1.95, 0), CENTRE, RADIUS_M), IS_AWAY);
  assert.equal(field.at(2020, head(1.85, 0), CENTRE, RADIUS_M), null);
});

test("a head that wavers at the edge changes nothing twice", () => {
  const field = new Field();
  let changes = 0;
  let before: string | null = null;
  for (let ms = 0; ms < 60_000; ms += 20) {
    const wavering = 50 + 4 * Math.sin(ms / 300);
    const now = field.at(ms, head(0.6, halfDeg(0.6) + wavering), CENTRE, RADIUS_M);
    if (now !== before) changes += 1;
    before = now;
  }
  assert.ok(changes <= 1, `${changes}`);
});

test("the leaned-in head is never away, whichever way it looks, and a new session begins with the field", () => {
  const field = new Field();
  for (let ms = 0; ms < 3000; ms += 20) assert.equal(field.at(ms, head(0.08, 180), CENTRE, RADIUS_M), null);
  field.at(4000, head(0.6, 120), CENTRE, RADIUS_M);
  assert.equal(field.at(5000, head(0.6, 120), CENTRE, RADIUS_M), LOOKS_AWAY);
  field.reset();
  assert.equal(field.away, null);
  assert.equal(field.at(5010, head(0.6, 120), CENTRE, RADIUS_M), null);
});
