import assert from "node:assert/strict";
import { test } from "node:test";

import { looksOf } from "../src/overlay/look.ts";
import { nameBeside, planeBeside } from "../src/overlay/plan_words.ts";

const structure = { key: "one", kind: "organ" as const, rigid: false };
const still = looksOf([structure]).byKey.get("one")!;
const loose = looksOf([structure], undefined, { looks: new Map(), loose: new Set(["one"]), gone: new Set() }).byKey.get("one")!;

test("a root says what becomes of it, and what has moved that it has", () => {
  assert.equal(nameBeside("Nerve root S3 left", still, false), "S3 left: sacrifice");
  assert.equal(nameBeside("Nerve root S1 right", still, true), "S1 right: keep");
  assert.equal(nameBeside("Rectum", loose, null), "Rectum (may have moved)");
  assert.equal(nameBeside("Nerve root S3 left", loose, true), "S3 left: keep (may have moved)");
  assert.equal(nameBeside("Rectum", still, null), "Rectum");
});

test("a plane says what it leaves, and in words where that is not enough", () => {
  assert.equal(planeBeside("High cut", { least_mm: 12.36, verdict: "kept" }), "High cut: 12.4\u00a0mm to the tumour");
  assert.equal(planeBeside("High cut", { least_mm: 10.4, verdict: "not_safe" }), "High cut: 10.4\u00a0mm, margin not safe");
  assert.equal(planeBeside("High cut", { least_mm: -0.5, verdict: "not_kept" }), "High cut: -0.5\u00a0mm, MARGIN NOT KEPT");
  assert.equal(planeBeside("High cut", null), "High cut");
  assert.equal(planeBeside("High cut", { least_mm: NaN, verdict: "kept" }), "High cut");
});

test("a long name gives way to the number", () => {
  const words = planeBeside("The second cut through the left wing of the sacrum", { least_mm: 9, verdict: "not_kept" });
  assert.equal(words, "The second cut through\u2026: 9.0\u00a0mm, MARGIN NOT KEPT");
});
