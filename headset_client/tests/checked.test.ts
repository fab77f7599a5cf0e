import assert from "node:assert/strict";
import { test } from "node:test";

import { checkedText } from "../src/overlay/checked.ts";
import type { CheckPoints } from "../src/protocol.gen.ts";

type Word = "agrees" | "again" | "disagrees" | "too_coarse";
const MIN = 60e9;

function told(touches: Record<string, { word: Word; atMin: number } | null>, dueMin: number | null): CheckPoints {
  return {
    type: "check_points",
    due_ns: dueMin === null ? null : dueMin * MIN,
    max_age_min: 30,
    landmarks: Object.entries(touches).map(([name, touch]) => ({
      name,
      position_patient_m: [0, 0, 0],
      touched:
        touch === null
          ? null
          : { misfit_mm: 1, expected_mm: 2, word: touch.word, words: "", by: "nurse", at_ns: touch.atMin * MIN },
    })),
  };
}

/** The host's clock at a minute, ms. */
const at = (minutes: number) => minutes * 60_000;

test("the newest touch that agrees tells the age, in whole minutes that have passed", () => {
  const points = told({ a: { word: "agrees", atMin: 100 }, b: { word: "agrees", atMin: 103 }, c: null }, 140);
  assert.equal(checkedText(points, at(103.5)), "checked just now");
  assert.equal(checkedText(points, at(104.99)), "checked 1\u00a0min ago");
  assert.equal(checkedText(points, at(107)), "checked 4\u00a0min ago");
  assert.equal(checkedText({ ...points, due_ns: 9e18 }, at(9000)), "checked over 999 min ago");
});

test("without a touch that agrees nothing was checked, whatever else was touched", () => {
  assert.equal(checkedText(null, at(1)), "not checked");
  assert.equal(checkedText(told({}, null), at(1)), "not checked");
  assert.equal(checkedText(told({ a: null }, null), at(1)), "not checked");
  assert.equal(checkedText(told({ a: { word: "again", atMin: 1 } }, null), at(2)), "not checked");
  assert.equal(checkedText(told({ a: { word: "too_coarse", atMin: 1 } }, null), at(2)), "not checked");
});

test("one that disagrees is said before all others", () => {
  const points = told({ a: { word: "agrees", atMin: 5 }, Promontory: { word: "disagrees", atMin: 3 } }, 35);
  assert.equal(checkedText(points, at(6)), "check point Promontory disagrees");
});

test("one that is too old, or void, is said to be due", () => {
  const points = told({ a: { word: "agrees", atMin: 5 } }, 35);
  assert.equal(checkedText(points, at(34)), "checked 29\u00a0min ago");
  assert.equal(checkedText(points, at(35)), "checked 30\u00a0min ago, check again");
  assert.equal(checkedText({ ...points, due_ns: null }, at(6)), "checked 1\u00a0min ago, check again");
});

test("without the host's clock no age is told", () => {
  assert.equal(checkedText(told({ a: { word: "agrees", atMin: 5 } }, 35), null), "checked, nobody knows when");
});

test("an age is never below zero", () => {
  assert.equal(checkedText(told({ a: { word: "agrees", atMin: 5 } }, 35), at(4.9)), "checked just now");
});
