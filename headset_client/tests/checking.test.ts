import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { dueWords, landmarkWords } from "../src/console/checking.ts";
import { CHECK_WORDS, type CheckEntry, type CheckPoints } from "../src/protocol.gen.ts";

const ENTRY: CheckEntry = {
  misfit_mm: 3.125,
  expected_mm: 1.25,
  word: "disagrees",
  words: "Sacral tip: 3.1 mm off where 1.2 mm were expected: do not use.",
  by: "surgeon",
  at_ns: 1,
};
const LANDMARK = { name: "Sacral tip", position_patient_m: [0, 0, 0], touched: null } as const;
const POINTS: CheckPoints = { type: "check_points", landmarks: [LANDMARK], due_ns: null, max_age_min: 30 };

test("a landmark says misfit, expected error and what to do, never in colour alone", () => {
  assert.deepEqual(landmarkWords({ ...LANDMARK, touched: ENTRY }), {
    light: "bad",
    word: "DO NOT USE",
    words: "3.1 mm off, 1.3 mm expected (95 %), by the surgeon",
  });
  const words = CHECK_WORDS.map((word) => landmarkWords({ ...LANDMARK, touched: { ...ENTRY, word } }).word);
  assert.equal(new Set(words).size, CHECK_WORDS.length);
  assert.equal(landmarkWords(LANDMARK).word, "NOT TOUCHED");
});

test("it is said when the next touch is due", () => {
  assert.match(dueWords({ ...POINTS, landmarks: [] }, null), /no check points/);
  assert.match(dueWords(POINTS, null), /before you confirm/);
  assert.match(dueWords({ ...POINTS, due_ns: 5 }, 12), /within 12 min/);
  assert.match(dueWords({ ...POINTS, due_ns: 5 }, 0), /again now/);
});
