import assert from "node:assert/strict";
import { test } from "node:test";

import { CAPACITY, type FrameFacts, FrameLog } from "../src/overlay/frame_log.ts";

const DIGEST = `00ab12cd${"9f".repeat(28)}`;
const PLAN = "34".repeat(32);

function facts(changes: Partial<FrameFacts> = {}): FrameFacts {
  return {
    atMs: 1234.5,
    tookMs: 0.75,
    view: "ar",
    standing: { word: "LIVE", visible: true, hiddenWhy: null, faded: false },
    twin: false,
    pose: { sequence: 4_294_967_295, model_prefix: DIGEST.slice(0, 16), plan_prefix: PLAN.slice(0, 16) },
    drawnDigest: DIGEST,
    drawnPlan: PLAN,
    ages: { sentMs: 12.5, sightMs: 48.25 },
    ...changes,
  };
}

test("a frame's row tells what was written", () => {
  const log = new FrameLog();
  log.take(facts());
  assert.deepEqual(log.rows(), [
    {
      index: 0,
      atMs: 1234.5,
      tookMs: 0.75,
      view: "ar",
      word: "LIVE",
      hiddenWhy: null,
      visible: true,
      faded: false,
      twin: false,
      sequence: 4_294_967_295,
      posePrefix: "00ab12cd9f9f9f9f",
      drawnPrefix: "00ab12cd9f9f9f9f",
      posePlan: "3434343434343434",
      drawnPlan: "3434343434343434",
      linkAgeMs: 12.5,
      sightAgeMs: 48.25,
    },
  ]);
});

test("what is not there is null, and every word and reason comes back", () => {
  const log = new FrameLog();
  const standing = { word: "LOST", visible: false, hiddenWhy: "NO_LINK", faded: false } as const;
  log.take(facts({ standing, pose: null, drawnDigest: null, drawnPlan: null, ages: null, view: "picture" }));
  log.take(facts({ ages: { sentMs: null, sightMs: null }, standing: { ...standing, hiddenWhy: "NOT_ALIGNED" } }));
  const [first, second] = log.rows();
  assert.deepEqual(
    [first!.word, first!.hiddenWhy, first!.sequence, first!.posePrefix, first!.drawnPrefix, first!.sightAgeMs],
    ["LOST", "NO_LINK", null, null, null, null],
  );
  assert.equal(first!.view, "picture");
  assert.deepEqual([first!.posePlan, first!.drawnPlan], [null, null]);
  assert.equal(second!.hiddenWhy, "NOT_ALIGNED");
  assert.equal(second!.linkAgeMs, null);
});

test("models that change from frame to frame are told apart", () => {
  const log = new FrameLog();
  const other = "ff".repeat(32);
  for (const drawnDigest of [DIGEST, other, DIGEST, null, other]) log.take(facts({ drawnDigest }));
  assert.deepEqual(
    log.rows().map((row) => row.drawnPrefix),
    [DIGEST, other, DIGEST, null, other].map((digest) => digest?.slice(0, 16) ?? null),
  );
});

test("the newest frames stay, in their order, however many came", () => {
  const log = new FrameLog();
  for (let n = 0; n < CAPACITY + 10; n += 1) log.take(facts({ atMs: n }));
  assert.equal(log.count, CAPACITY + 10);
  const rows = log.rows(CAPACITY + 7);
  assert.deepEqual(rows.map((row) => [row.index, row.atMs]), [7, 8, 9].map((n) => [CAPACITY + n, CAPACITY + n]));
  assert.equal(log.rows().length, CAPACITY);
  assert.equal(log.rows()[0]!.index, 10);
});
