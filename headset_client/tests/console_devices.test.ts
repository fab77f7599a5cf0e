/** The words about cameras and devices: what is unknown is said to be so. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { ageWords, endsLive, profileErrorWords } from "../src/console/choosing.ts";
import { crosses } from "../src/console/seen.ts";
import { sleepWords } from "../src/console/strip.ts";
import { batteryWords, delayWords, heardWords } from "../src/console/words.ts";
import type { ClientEntry, Machine, ProfileEntry, Session } from "../src/protocol.gen.ts";

const PROFILE: ProfileEntry = { name: "cam", calibrated_on: "2026-05-28", age_days: 63, error_mm: 0.75, limit_mm: 1 };

test("the age of a profile is said as people say it", () => {
  assert.deepEqual([0, 1, 2, 63].map(ageWords), ["today", "yesterday", "2 days ago", "63 days ago"]);
});

test("the error a profile allows for is said with its limit, and that nobody worked it out", () => {
  assert.equal(profileErrorWords(PROFILE), "0.75 mm at a target (limit 1.00 mm)");
  assert.equal(profileErrorWords({ ...PROFILE, error_mm: null }), "not worked out (limit 1.00 mm)");
});

test("another camera is asked about only where it would end what stands", () => {
  const ends = (["OFF", "HOLD", "LIVE", "LOST"] as const).filter((state) => endsLive({ state }));
  assert.deepEqual(ends, ["LIVE", "LOST"]);
  assert.equal(endsLive(undefined), false);
});

test("every corner is a cross of two strokes, and half a corner is none", () => {
  assert.equal(crosses([]), "");
  assert.equal(crosses([12.34, 5, -1, 700.06]), "M12.3 5.0m-4 0h8M12.3 5.0m0-4v8M-1.0 700.1m-4 0h8M-1.0 700.1m0-4v8");
  assert.equal(crosses([1]), "");
});

test("when a silent device was heard last is said in seconds, then in minutes", () => {
  assert.equal(heardWords(4), "(last heard 4 s ago)");
  assert.equal(heardWords(119), "(last heard 119 s ago)");
  assert.equal(heardWords(200), "(last heard 3 min ago)");
});

test("a battery and a delay are said where the device tells them", () => {
  assert.equal(batteryWords(0.804), "battery 80 %");
  assert.equal(batteryWords(0), "battery 0 %");
  assert.equal(batteryWords(null), "battery unknown");
  const spread = (p50: number | null, p95: number | null) =>
    delayWords({ latency_p50_ms: p50, latency_p95_ms: p95 } as ClientEntry);
  assert.equal(spread(39, 51), "on its way 39\u00a0ms, 95 % within 51\u00a0ms");
  assert.equal(spread(null, null), null);
});

test("that the machine may fall asleep is said only while something would be lost by it", () => {
  const machine: Machine = {
    type: "machine", awake: "unable", awake_words: "Cannot.", network_words: "", missing: [],
  };
  const session = (state: Session["state"]) => ({ state }) as Session;
  assert.equal(sleepWords({ machine, session: session("HOLD") }), null);
  assert.equal(sleepWords({ machine, session: session("LIVE") }), "Cannot.");
  assert.equal(sleepWords({ machine, session: session("LOST") }), "Cannot.");
  assert.equal(sleepWords({ machine: { ...machine, awake: "kept" }, session: session("LIVE") }), null);
  assert.equal(sleepWords({}), null);
});
