/** The six steps: each condition of the host stands at one of them, and nothing that holds LIVE back goes unseen. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import type { Heard } from "../src/console/console_state.ts";
import { stepAfter, stepBefore, STEPS } from "../src/console/step_order.ts";
import { firstOpenStep, isIdentified, type Judged, openConditions, standingsOf } from "../src/console/steps.ts";
import { startObstacle } from "../src/console/steps/live.ts";
import { openObstacle, selectObstacle } from "../src/console/steps/patient.ts";
import type { Camera, CameraState, ClientEntry, Clients, ConditionEntry, OverlayState, Session } from "../src/protocol.gen.ts";

const KEYS = ["case", "identity", "calibration", "registration", "accepted", "track", "plan", "check_point", "time_out", "confirmed"];

function session(state: OverlayState, open: readonly string[] = [], keys: readonly string[] = KEYS): Session {
  const armed = state === "LIVE" || state === "LOST";
  const holds = (key: string) => (key === "confirmed" ? armed : !open.includes(key));
  return {
    type: "session",
    state,
    why: "Why.",
    case_id: open.includes("case") ? null : "c1",
    case_name: open.includes("case") ? null : "Case 1",
    model: null,
    structures: [],
    target_key: null,
    expected_error_mm: null,
    plan_digest: null,
    stage: 0,
    conditions: keys.map((key): ConditionEntry => ({ key, ok: holds(key), words: `Words of ${key}.` })),
  };
}

const HEADSET: ClientEntry = {
  device_id: "d1", name: "Quest 3", role: "surgeon", link: "good", shown: false, hidden_why: "NOT_LIVE", fps: 72, pose_age_ms: null,
  latency_ms: null, pose_age_p50_ms: null, pose_age_p95_ms: null, latency_p50_ms: null, latency_p95_ms: null, model_ok: null,
  battery: null, last_seen_ns: 0,
};

function clients(...changes: Partial<ClientEntry>[]): Clients {
  return { type: "clients", clients: changes.map((change) => ({ ...HEADSET, ...change })) };
}

function judged(heard: Heard): Judged {
  return { heard };
}

const READY: Heard = { session: session("HOLD"), clients: clients({}) };

test("before the host has spoken every step waits", () => {
  for (const step of STEPS) assert.equal(standingsOf(judged({}))[step].light, "wait");
  assert.equal(firstOpenStep(judged({})), "patient");
});

test("every condition holds its own step back, and with it the last", () => {
  const where = { case: "patient", identity: "patient", calibration: "camera", registration: "register", accepted: "register", track: "register", plan: "check", check_point: "check", time_out: "check" } as const;
  for (const [key, step] of Object.entries(where)) {
    const held = judged({ ...READY, session: session("HOLD", [key]) });
    const standings = standingsOf(held);
    assert.notEqual(standings[step].light, "good", key);
    assert.equal(standings.live.word, "TO DO", key);
    assert.match(standings.live.next, /^Still open in step \d, /u, key);
    assert.equal(firstOpenStep(held), key === "case" ? "patient" : step, key);
    assert.notEqual(startObstacle(held), null, key);
  }
});

test("the sentence of a step is the host's own", () => {
  for (const key of ["identity", "registration", "accepted", "track", "check_point", "time_out"]) {
    const standings = standingsOf(judged({ ...READY, session: session("HOLD", [key]) }));
    assert.ok(STEPS.some((step) => step !== "live" && standings[step].next === `Words of ${key}.`), key);
  }
});

test("a condition nobody knows here holds the last step back", () => {
  const held = session("HOLD", ["moon"], [...KEYS, "moon"]);
  assert.deepEqual(openConditions(held, "live").map(({ key }) => key), ["confirmed", "moon"]);
  const standings = standingsOf(judged({ ...READY, session: held }));
  assert.equal(standings.live.next, "Words of moon.");
  assert.equal(standings.live.light, "wait");
  assert.equal(startObstacle(judged({ ...READY, session: held })), "Words of moon.");
});

test("where all is done the last step is ready, and START works", () => {
  const ready = judged(READY);
  const standings = standingsOf(ready);
  for (const step of STEPS) assert.equal(standings[step].light, step === "live" ? "wait" : "good", step);
  assert.equal(standings.live.word, "READY");
  assert.equal(firstOpenStep(ready), "live");
  assert.equal(startObstacle(ready), null);
});

test("START works in HOLD alone", () => {
  for (const state of ["OFF", "LIVE", "LOST"] as const) {
    assert.notEqual(startObstacle(judged({ ...READY, session: session(state) })), null);
  }
});

test("no session is opened before the patient is identified and side and procedure are said, H03", () => {
  const unknown = session("OFF", ["identity"]);
  assert.equal(isIdentified(unknown), false);
  assert.match(openObstacle(judged({ session: unknown })) ?? "", /identifiers/u);
  assert.equal(isIdentified(session("OFF")), true);
  assert.equal(openObstacle(judged({ session: session("OFF") })), null);
  assert.equal(isIdentified(session("HOLD", [], ["case", "confirmed"])), false);
  assert.match(openObstacle(judged({ session: session("OFF", ["case"]) })) ?? "", /Choose a case/u);
  const unsaid = judged({ session: session("OFF"), procedure: { type: "procedure", side: null, procedure: "" } });
  assert.equal(openObstacle(unsaid), "Say side and procedure.");
  assert.equal(standingsOf(unsaid).patient.next, "Say side and procedure.");
  const said = judged({ session: session("OFF"), procedure: { type: "procedure", side: "left", procedure: "Resection" } });
  assert.equal(openObstacle(said), null);
});

test("another case is chosen only while nothing is shown", () => {
  for (const state of ["OFF", "HOLD"] as const) assert.equal(selectObstacle(session(state)), null);
  for (const state of ["LIVE", "LOST"] as const) assert.notEqual(selectObstacle(session(state)), null);
});

test("the overlay's own state is the last step's light", () => {
  const live = standingsOf(judged({ ...READY, session: session("LIVE") })).live;
  assert.deepEqual([live.light, live.word], ["good", "LIVE"]);
  const lost = standingsOf(judged({ ...READY, session: session("LOST", ["track"]) })).live;
  assert.deepEqual([lost.light, lost.word, lost.next], ["bad", "LOST", "Why."]);
  for (const state of ["LIVE", "LOST"] as const) assert.equal(firstOpenStep(judged({ session: session(state) })), "live");
});

test("a session that is off leads back to the first step", () => {
  const off = judged({ ...READY, session: session("OFF") });
  assert.equal(firstOpenStep(off), "patient");
  assert.equal(standingsOf(off).patient.next, "Patient confirmed: open the session.");
});

test("the team never holds LIVE back, and says which headset is silent", () => {
  const alone = judged({ session: session("HOLD"), clients: clients({ role: "nurse" }) });
  assert.equal(standingsOf(alone).team.light, "wait");
  assert.equal(standingsOf(alone).live.word, "READY");
  assert.equal(startObstacle(alone), null);
  const silent = standingsOf(judged({ ...READY, clients: clients({}, { name: "Quest 2", link: "silent" }) })).team;
  assert.equal(silent.light, "bad");
  assert.match(silent.next, /^Quest 2 is silent/u);
  const other = { type: "nearby", hosts: [{ name: "OR 4", address: "", replay: false }], headsets: [] } as const;
  assert.equal(standingsOf(judged({ ...READY, nearby: other })).team.light, "wait");
});

test("the camera's own state comes before its condition", () => {
  const of = (state: CameraState): Camera => ({
    type: "camera", state, words: "The camera.", cameras: [], chosen: null, profile: null, boards: [], calibration: null,
  });
  const lights = (["away", "fits", "unfit", "doubted", "checking", "calibrating"] as const).map(
    (state) => standingsOf(judged({ ...READY, camera: of(state) })).camera.light,
  );
  assert.deepEqual(lights, ["bad", "good", "bad", "bad", "wait", "wait"]);
});

test("a refused registration and a check point that disagrees are faults", () => {
  const entry = { case_id: "c1", name: "Case 1", created_utc: "", structures: 1, registration: "refused", expected_error_mm: 9, picture: null } as const;
  const refused = standingsOf(judged({ ...READY, session: session("HOLD", ["registration"]), cases: { type: "cases", cases: [entry] } }));
  assert.equal(refused.register.light, "bad");
  const touched = { misfit_mm: 3, expected_mm: 1, word: "disagrees", words: "", by: "nurse", at_ns: 1 } as const;
  const landmarks = [{ name: "Crest", position_patient_m: [0, 0, 0], touched }] as const;
  const checked = { type: "check_points", landmarks, due_ns: null, max_age_min: 30 } as const;
  const disagrees = standingsOf(judged({ ...READY, session: session("HOLD", ["check_point"]), check_points: checked }));
  assert.equal(disagrees.check.light, "bad");
});

test("each step leads to the next and back", () => {
  assert.equal(stepBefore("patient"), null);
  assert.equal(stepAfter("live"), null);
  for (const step of STEPS.slice(1)) assert.equal(stepAfter(stepBefore(step)!), step);
});
