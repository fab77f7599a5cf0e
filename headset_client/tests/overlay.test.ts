import assert from "node:assert/strict";
import { test } from "node:test";

import type { ClockEstimate } from "../src/net/clock.ts";
import { Alignment } from "../src/overlay/alignment.ts";
import { Fade } from "../src/overlay/fade.ts";
import { NewestPose } from "../src/overlay/freshness.ts";
import { type Inputs, judge } from "../src/overlay/state.ts";
import { modelPrefix, planPrefix, type OverlayState, type Room } from "../src/protocol.gen.ts";
import { vectors } from "./vectors.ts";

interface Pose {
  thing_id: number;
  sequence: number;
  send_ns: number;
  sight_age_ms: number;
  state: OverlayState;
  model_prefix: string;
  plan_prefix: string;
  stage: number;
  room_frame_id: number;
}
type Step = { at_ms: number } & (
  | { do: "link_up" | "link_down" }
  | { do: "clock"; uncertainty_ms: number | null }
  | { do: "session"; state: OverlayState; digest: string | null; plan?: string; stage?: number }
  | { do: "plan"; digest: string }
  | { do: "view"; cleared: boolean }
  | { do: "model"; digest: string | null }
  | { do: "alignment"; room_frame_id: number | null }
  | {
      do: "pose";
      sequence: number;
      sent_ms: number;
      sight_age_ms: number;
      state: OverlayState;
      digest: string;
      room_frame_id: number;
      thing_id: number;
      plan?: string;
      stage?: number;
    }
  | { do: "ask"; why: string | null; shown_sequence: number | null; faded: boolean }
);

const { host_ahead_ms: HOST_AHEAD_MS, scripts } = vectors<{
  host_ahead_ms: number;
  scripts: { name: string; steps: Step[] }[];
}>("overlay");

function room(roomFrameId: number): Room {
  return { type: "room", room_frame_id: roomFrameId, world_from_room: [0, 0, 0, 0, 0, 0, 1], simulated: true };
}

for (const { name, steps } of scripts) {
  test(`overlay: ${name}`, () => {
    const newest = new NewestPose<Pose>();
    const alignment = new Alignment();
    const fade = new Fade();
    let clock: ClockEstimate | null = null;
    let connected = false;
    let session: Inputs["session"] = null;
    let shownDigest: string | null = null;
    let planDigest: string | null = null;
    let cleared: Inputs["cleared"] = null;
    for (const step of steps) {
      switch (step.do) {
        case "link_up":
          connected = true;
          session = null;
          planDigest = null;
          cleared = null;
          newest.clear();
          break;
        case "link_down":
          connected = false;
          break;
        case "clock":
          clock =
            step.uncertainty_ms === null ? null : { offsetMs: HOST_AHEAD_MS, uncertaintyMs: step.uncertainty_ms };
          break;
        case "session":
          session = {
            state: step.state,
            why: "",
            model: step.digest === null ? null : { digest: step.digest },
            plan_digest: step.plan ?? null,
            stage: step.stage ?? 0,
          };
          break;
        case "plan":
          planDigest = step.digest;
          break;
        case "view":
          cleared = step.cleared ? "Cleared." : null;
          break;
        case "model":
          shownDigest = step.digest;
          break;
        case "alignment":
          if (step.room_frame_id === null) alignment.clear();
          else alignment.take(room(step.room_frame_id));
          break;
        case "pose":
          newest.accept(
            {
              ...step,
              send_ns: (step.sent_ms + HOST_AHEAD_MS) * 1e6,
              model_prefix: modelPrefix(step.digest),
              plan_prefix: planPrefix(step.plan ?? null),
              stage: step.stage ?? 0,
            },
            step.at_ms,
          );
          break;
        case "ask": {
          const pose = newest.pose;
          const ages = newest.ages(step.at_ms, clock);
          const standing = judge({
            joined: true,
            connected,
            session,
            pose,
            ages,
            faded: fade.at(step.at_ms, ages),
            shownDigest,
            planDigest,
            modelFault: null,
            viewFault: alignment.fault(pose?.room_frame_id ?? null),
            cleared,
          });
          assert.equal(standing.hiddenWhy, step.why, `at ${step.at_ms} ms`);
          assert.equal(standing.visible ? pose?.sequence : null, step.shown_sequence, `at ${step.at_ms} ms`);
          assert.equal(standing.faded, step.faded, `at ${step.at_ms} ms`);
          assert.equal(standing.visible, standing.word === "LIVE");
        }
      }
    }
  });
}

const LIVE: Inputs = {
  joined: true,
  connected: true,
  session: {
    state: "LIVE",
    why: "A person confirmed the case.",
    model: { digest: "ab".repeat(32) },
    plan_digest: "ef".repeat(32),
    stage: 2,
  },
  pose: {
    state: "LIVE",
    model_prefix: "ab".repeat(8),
    plan_prefix: "ef".repeat(8),
    stage: 2,
    room_frame_id: 1,
  },
  planDigest: "ef".repeat(32),
  ages: { heardMs: 10, sentMs: 12, sightMs: 60 },
  faded: false,
  shownDigest: "ab".repeat(32),
  modelFault: null,
  viewFault: null,
  cleared: null,
};

test("everything right is LIVE; each single doubt hides and says why", () => {
  assert.deepEqual(judge(LIVE), { word: "LIVE", why: LIVE.session!.why, visible: true, faded: false, hiddenWhy: null });
  assert.deepEqual([judge({ ...LIVE, faded: true })].map(({ visible, faded }) => [visible, faded]), [[true, true]]);
  assert.notEqual(judge({ ...LIVE, faded: true }).why, LIVE.session!.why);
  const doubts: Partial<Inputs>[] = [
    { joined: false },
    { connected: false },
    { session: null },
    { session: { ...LIVE.session!, state: "OFF", why: "No session is on." } },
    { session: { ...LIVE.session!, state: "HOLD", why: "Confirm." } },
    { session: { ...LIVE.session!, state: "LOST", why: "The board is hidden." } },
    { session: { ...LIVE.session!, model: null } },
    { pose: null },
    { pose: { ...LIVE.pose!, state: "LOST" } },
    { pose: { ...LIVE.pose!, model_prefix: "cd".repeat(8) } },
    { pose: { ...LIVE.pose!, plan_prefix: "cd".repeat(8) } },
    { pose: { ...LIVE.pose!, stage: 1 } },
    { pose: { ...LIVE.pose!, plan_prefix: "00".repeat(8), stage: 0 } },
    { session: { ...LIVE.session!, plan_digest: "cd".repeat(32) } },
    { session: { ...LIVE.session!, plan_digest: null, stage: 0 } },
    { session: { ...LIVE.session!, stage: 3 } },
    { planDigest: null },
    { planDigest: "cd".repeat(32) },
    { ages: null },
    { ages: { heardMs: NaN, sentMs: NaN, sightMs: NaN } },
    { ages: { heardMs: 10, sentMs: null, sightMs: null } },
    { shownDigest: null },
    { shownDigest: "cd".repeat(32) },
    { modelFault: "The model cannot be loaded." },
    { viewFault: { word: "HOLD", why: "This headset is not aligned.", reason: "NOT_ALIGNED" } },
    { cleared: "The view is cleared for everybody." },
  ];
  for (const doubt of doubts) {
    const standing = judge({ ...LIVE, ...doubt });
    assert.equal(standing.visible, false, JSON.stringify(doubt));
    assert.equal(judge({ ...LIVE, ...doubt, faded: true }).faded, false);
    assert.notEqual(standing.word, "LIVE");
    assert.ok(standing.why.length > 5);
    assert.ok(standing.hiddenWhy !== null);
  }
});

test("poses sent and never come are counted", () => {
  const newest = new NewestPose<Pose>();
  const pose = { thing_id: 0, sight_age_ms: 0, state: "LIVE", model_prefix: "", plan_prefix: "", stage: 0, room_frame_id: 1 } as const;
  newest.accept({ ...pose, sequence: 1, send_ns: 1 }, 0);
  newest.accept({ ...pose, sequence: 5, send_ns: 2 }, 1);
  newest.accept({ ...pose, sequence: 4, send_ns: 3 }, 2);
  assert.deepEqual(newest.counts, { poses: 2, gaps: 3 });
});

test("latency counts from the exposure to the arrival", () => {
  const newest = new NewestPose<Pose>();
  const clock = { offsetMs: 1000, uncertaintyMs: 1 };
  const pose = { thing_id: 0, state: "LIVE", model_prefix: "", plan_prefix: "", stage: 0, room_frame_id: 1 } as const;
  newest.accept({ ...pose, sequence: 1, send_ns: 1100e6, sight_age_ms: 30 }, 104);
  assert.ok(Math.abs(newest.latencyMs(clock)! - 34) < 1e-6);
  assert.equal(newest.latencyMs(null), null);
});

test("a room that is not simulated is no alignment, and a reset of the world voids one", () => {
  const alignment = new Alignment();
  assert.equal(alignment.fault(1)?.reason, "NOT_ALIGNED");
  alignment.take({ ...room(1), simulated: false });
  assert.equal(alignment.worldFromRoom, null);
  assert.equal(alignment.message(), null);
  alignment.take(room(1));
  assert.equal(alignment.fault(1), null);
  assert.equal(alignment.message()?.version, 1);
  assert.equal(alignment.fault(2)?.reason, "NOT_ALIGNED");
  alignment.recentre();
  assert.equal(alignment.worldFromRoom, null);
  assert.match(alignment.fault(1)!.why, /re-centred/);
  alignment.begin();
  assert.equal(alignment.fault(1), null);
  assert.equal(alignment.message()?.version, 2);
});
