/** What is looked at is told when it is another, and not for every tremor of a head. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { GazeNews } from "../src/overlay/gaze_news.ts";

test("only what is news is told, and nothing at first is none", () => {
  const news = new GazeNews();
  assert.equal(news.next(null, null), null);
  const first = news.next("tumour", [0.0100004, -0.17, 0.85]);
  assert.deepEqual(first, { type: "looking_at", structure: "tumour", point_patient_m: [0.01, -0.17, 0.85] });
  assert.equal(news.next("tumour", [0.011, -0.17, 0.85]), null);
  assert.notEqual(news.next("tumour", [0.0121, -0.17, 0.85]), null);
  // Another structure at the same point is news, and so is none of them.
  assert.equal(news.next("sacrum", [0.0121, -0.17, 0.85])?.structure, "sacrum");
  assert.equal(news.next(null, [0.0121, -0.17, 0.85])?.structure, null);
  assert.deepEqual(news.next("tumour", null), { type: "looking_at", structure: null, point_patient_m: null });
  assert.equal(news.next(null, null), null);
});

test("steps too small for one are told once they add up", () => {
  const news = new GazeNews();
  let told = 0;
  for (let step = 0; step < 21; step += 1) if (news.next("tumour", [step * 0.0005, 0, 0]) !== null) told += 1;
  assert.equal(told, 6);
});

test("who forgot tells again", () => {
  const news = new GazeNews();
  news.next("tumour", [0, 0, 0]);
  news.forget();
  assert.notEqual(news.next("tumour", [0, 0, 0]), null);
});
