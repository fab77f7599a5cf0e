import assert from "node:assert/strict";
import { test } from "node:test";

import { WorstAge } from "../src/overlay/worst_age.ts";

test("no age is ever greater than what is told, and what is told seldom changes", () => {
  const worst = new WorstAge();
  let changes = 0;
  let before: number | null = -1;
  for (let ms = 0; ms < 20_000; ms += 11) {
    const age = 40 + ((ms * 7919) % 37) + (ms > 9000 && ms < 9100 ? 60 : 0);
    const told = worst.at(ms, age)!;
    assert.ok(age <= told);
    assert.equal(told % 10, 0);
    if (told !== before) changes += 1;
    before = told;
  }
  assert.ok(changes < 12, `${changes} changes in 20 s`);
});

test("worse is told at once, better after a second", () => {
  const worst = new WorstAge();
  assert.equal(worst.at(0, 41), 50);
  assert.equal(worst.at(100, 33), 50);
  assert.equal(worst.at(200, 93), 100);
  assert.equal(worst.at(1000, 33), 100);
  assert.equal(worst.at(1900, 33), 100);
  assert.equal(worst.at(2000, 33), 40);
  worst.at(2100, 240);
  worst.reset();
  assert.equal(worst.at(2110, 33), 40);
});

test("what is unknown is told so at once, and known again at once", () => {
  const worst = new WorstAge();
  worst.at(0, 41);
  assert.equal(worst.at(100, null), null);
  assert.equal(worst.at(200, 38), 50);
  const never = new WorstAge();
  assert.equal(never.at(0, null), null);
  assert.equal(never.at(2000, null), null);
});
