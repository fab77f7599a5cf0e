/** The stage everybody is in: locked by the digest that was read, and what is asked anew once the patient lies otherwise. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import type { ConsoleActions, Heard } from "../src/console/console_state.ts";
import { isOpen, lockAct, lockWords } from "../src/console/plan_card.ts";
import { askedAnew } from "../src/console/staging.ts";
import type { ClientMessage, Plan, PlanStage, Session } from "../src/protocol.gen.ts";

const LOCKED = "ab".repeat(32);
const NEWER = "cd".repeat(32);

function stage(name: string, position: PlanStage["position"]): PlanStage {
  return { key: name, name, position, looks: [], planes: [], mobilises: [], releases_specimen: false, notes: "" };
}

const PLAN: Plan = {
  type: "plan", digest: LOCKED, version: 2, newest_digest: LOCKED, newest_version: 2, locked: true, margin_mm: 10, expected_error_mm: 1.2,
  planes: [], margins: [], stages: [stage("front", "supine"), stage("back", "prone"), stage("rebuild", "prone")], roots: [],
  specimen: ["tumour"], lowest_left: "S1", lowest_right: "S2", published: [], legend: [], model: null,
};
const SESSION = { plan_digest: LOCKED, stage: 2, case_id: "c1" } as Session;

test("what is asked anew is check points where the case has them, else the registration", () => {
  const landmarks = [{ name: "Crest", position_patient_m: [0, 0, 0], touched: null }] as const;
  assert.match(askedAnew({ check_points: { type: "check_points", landmarks, due_ns: null, max_age_min: 30 } }), /check point/u);
  assert.match(askedAnew({}), /registration/u);
});

test("the newest version is what is locked, by the digest that was read", () => {
  const sent: ClientMessage[] = [];
  const actions = { send: (message: ClientMessage) => sent.push(message) } as unknown as ConsoleActions;
  const heard = (plan: Plan): { heard: Heard } => ({ heard: { plan, session: SESSION } });
  assert.equal(lockAct(heard(PLAN), actions), null);
  assert.equal(lockWords(PLAN).word, "LOCKED");
  const newer: Plan = { ...PLAN, newest_digest: NEWER, newest_version: 3 };
  assert.deepEqual([isOpen(newer), lockWords(newer).light, lockWords(newer).word], [true, "bad", "NEWER VERSION"]);
  lockAct(heard(newer), actions)!.act();
  assert.deepEqual(sent, [{ type: "lock_plan", digest: NEWER }]);
  const unlocked: Plan = { ...PLAN, locked: false };
  assert.deepEqual([isOpen(unlocked), lockWords(unlocked).word], [true, "NOT LOCKED"]);
  assert.equal(isOpen({ ...PLAN, digest: null, newest_digest: null, locked: false }), false);
  assert.equal(isOpen(undefined), false);
});
