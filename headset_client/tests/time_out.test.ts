/** The time-out: what can be ticked, and how much of it is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { EN } from "../src/console/messages/en.ts";
import { speak } from "../src/console/messages/messages.ts";
import { countWords, tickObstacle } from "../src/console/time_out.ts";
import type { OverlayState, Session, TimeOutItem } from "../src/protocol.gen.ts";

speak("en", EN);
const SIDE: TimeOutItem = { key: "side", words: "Right side: left.", fact: "0123456789abcdef", ready: true, ticked: false };

function session(state: OverlayState): Session {
  return {
    type: "session", state, why: "", case_id: "c1", case_name: "Case 1", model: null, structures: [], target_key: null, expected_error_mm: null,
    conditions: [],
    plan_digest: null,
    stage: 0,
  };
}

test("an item is ticked while a session is on, where the host does not know better", () => {
  for (const state of ["HOLD", "LIVE", "LOST"] as const) assert.equal(tickObstacle(SIDE, session(state)), null);
  assert.equal(tickObstacle(SIDE, session("OFF")), "Open the session first (step 1).");
  assert.equal(tickObstacle({ ...SIDE, ready: false }, session("HOLD")), "This cannot be ticked yet.");
});

test("how many are ticked is counted", () => {
  assert.equal(countWords({ type: "time_out", items: [SIDE, { ...SIDE, key: "board", ticked: true }] }), "1 of 2");
});
