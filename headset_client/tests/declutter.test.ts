import assert from "node:assert/strict";
import { test } from "node:test";

import { type Candidate, chooseLabels, LABEL_HEIGHT, MOST_LABELS, shortName } from "../src/overlay/declutter.ts";

const NONE: ReadonlySet<number> = new Set();

function candidate(name: string, x: number, y: number, kind: Candidate["kind"] = "nerve", z = 0.5): Candidate {
  return { name, kind, x, y, z };
}

test("at most eight names, none over another, those in the middle of the view first", () => {
  const crowd = Array.from({ length: 40 }, (_, at) => candidate(`S${at}`, 0.02 * (at % 8) - 0.07, 0.011 * (at >> 3)));
  const chosen = chooseLabels(crowd, NONE);
  assert.ok(chosen.length > 2 && chosen.length <= MOST_LABELS);
  chosen.forEach((one, at) => {
    for (const other of chosen.slice(at + 1)) {
      const beside = Math.abs(crowd[one]!.x - crowd[other]!.x) >= 0.03;
      assert.ok(beside || Math.abs(crowd[one]!.y - crowd[other]!.y) >= LABEL_HEIGHT);
    }
  });
  const apart = Array.from({ length: 20 }, (_, at) => candidate(`S${at}`, 0, 0.025 * (at - 10)));
  const named = chooseLabels(apart, NONE);
  assert.equal(named.length, MOST_LABELS);
  assert.ok(named.every((at) => Math.abs(at - 10) <= 4));
});

test("the tumour is named before what lies a little nearer to the middle", () => {
  const both = [candidate("Sacrum", 0, 0, "bone"), candidate("Tumour", 0.01, 0.005, "tumour")];
  assert.deepEqual(chooseLabels(both, NONE), [1]);
});

test("what is named stays named while the head moves a little, and not for ever", () => {
  const both = [candidate("S1 left", 0.02, 0), candidate("S1 right", -0.01, 0.005)];
  assert.deepEqual(chooseLabels(both, NONE), [1]);
  assert.deepEqual(chooseLabels(both, new Set([0])), [0]);
  both[0]!.x = 0.08;
  both[1]!.x = 0.01;
  assert.deepEqual(chooseLabels(both, new Set([0])), [1]);
});

test("nothing behind the viewer, cut away or far from the middle is named", () => {
  const away = [candidate("S1", 0, 0, "nerve", -0.5), candidate("S2", 0.9, 0), candidate("S3", 0.3, 0.2)];
  assert.deepEqual(chooseLabels(away, NONE), [2]);
});

test("roots are named by level and side", () => {
  assert.equal(shortName("Nerve root S1 left"), "S1 left");
  assert.equal(shortName("Iliac artery right"), "Iliac artery right");
});
