/** What the plan page holds in its hand: one question on its way, the newest waits, and changes are handed over once. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { Desk } from "../src/console/plan/desk.ts";
import { numberOf } from "../src/console/plan/fields.ts";
import { movedAlong } from "../src/console/plan/quad.ts";
import { newPlane } from "../src/console/plan/planes_tab.ts";
import { isKept, rootKey } from "../src/console/plan/roots_tab.ts";
import { shownLines } from "../src/console/plan/shown.ts";
import { newStage } from "../src/console/plan/stages_tab.ts";
import { sightOf } from "../src/overlay/stage_sight.ts";
import { Trying } from "../src/console/plan/trying.ts";
import { movedBy } from "../src/console/plan/view_panel.ts";
import type { ClientMessage, DraftStage, PlanDraft, PlaneTold, PlanPlane, TryPlane } from "../src/protocol.gen.ts";

function plane(key: string, change: Partial<PlanPlane> = {}): PlanPlane {
  return { key, name: key, center_patient_m: [0, 0, 0], kept_normal: [0, 0, 1], along: [1, 0, 0], width_mm: 90, height_mm: 60, ...change };
}

function facts(key: string, least_mm: number): PlaneTold {
  return { key, least_mm, mean_mm: 20, verdict: "kept", end_plate_deg: null, midline_deg: 3, side: "none", cuts: [], line_m: [], refusal: "" };
}

function draft(change: Partial<PlanDraft> = {}): PlanDraft {
  return {
    type: "plan_draft", state: "ready", words: "", case_id: "c1", base_version: 1, changed: false, can_undo: false, can_redo: false,
    margin_mm: 10, safe_margin_mm: null, planes: [plane("a"), plane("b")], stages: [], roots: [], specimen: ["tumour"],
    facts: [facts("a", 12), facts("b", 14)], findings: [], near: [], lowest_left: null, lowest_right: null, published: [], refusal: "",
    ...change,
  };
}

function begun(): { desk: Desk; sent: ClientMessage[] } {
  const sent: ClientMessage[] = [];
  const desk = new Desk({ send: (message) => sent.push(message), changed: () => undefined, soon: () => undefined });
  desk.take(draft());
  return { desk, sent };
}

test("while one question is on its way the newest waits, and what lies between is never asked", () => {
  const asked: TryPlane[] = [];
  const trying = new Trying((question) => asked.push(question));
  for (const mm of [1, 2, 3, 4]) trying.ask(movedAlong(plane("a"), mm), 100 + mm);
  assert.equal(asked.length, 1);
  trying.hear({ type: "plane_tried", number: 99, facts: facts("a", 0) }, 110);
  assert.equal(asked.length, 1);
  trying.hear({ type: "plane_tried", number: asked[0]!.number, facts: facts("a", 11) }, 120);
  assert.deepEqual(asked.map(({ plane: { center_patient_m } }) => Math.round(center_patient_m[2] * 1000)), [1, 4]);
  assert.equal(trying.factsOf("a")?.least_mm, 11);
  assert.equal(trying.factsOf("b"), null);
});

test("an answer that never came holds nothing up, and a link that was lost leaves nothing behind", () => {
  const asked: TryPlane[] = [];
  const trying = new Trying((question) => asked.push(question));
  trying.ask(plane("a"), 0);
  trying.ask(plane("a"), 100);
  trying.ask(plane("a"), 2100);
  assert.equal(asked.length, 2);
  trying.forget();
  trying.hear({ type: "plane_tried", number: asked[1]!.number, facts: facts("a", 1) }, 2200);
  assert.equal(trying.factsOf("a"), null);
});

test("a plane in the hand is shown there, with what the host says of it there, and handed over once", () => {
  const { desk, sent } = begun();
  const moved = movedAlong(plane("a"), 5);
  desk.hold(moved);
  assert.equal(desk.planes[0], moved);
  assert.equal(desk.factsOf("a")?.least_mm, 12);
  desk.hear({ type: "plane_tried", number: 1, facts: facts("a", 17) });
  assert.equal(desk.factsOf("a")?.least_mm, 17);
  desk.settle();
  desk.settle();
  assert.deepEqual(sent.map(({ type }) => type), ["try_plane", "set_plane"]);
  // News of something else does not put it back; the news with it in it lets it go.
  desk.take(draft({ changed: true }));
  assert.equal(desk.planes[0], moved);
  desk.take(draft({ planes: [{ ...moved, center_patient_m: [0, 0, 0.005000000001] }, plane("b")], facts: [facts("a", 17.1)] }));
  assert.equal(desk.factsOf("a")?.least_mm, 17.1);
  desk.letGo();
});

test("what was in the hand is handed over before anything else is changed, and taken back where it is refused", () => {
  const { desk, sent } = begun();
  desk.nudge(movedAlong(plane("a"), 1));
  desk.send({ type: "undo_plan" });
  assert.deepEqual(sent.map(({ type }) => type), ["try_plane", "set_plane", "undo_plan"]);
  desk.letGo();
  assert.deepEqual(desk.planes[0], plane("a"));
});

test("nothing is changed while there is an obstacle", () => {
  const { desk, sent } = begun();
  desk.obstacle = "Another console holds the wheel.";
  desk.put(movedAlong(plane("a"), 1));
  desk.send({ type: "store_plan" });
  assert.deepEqual(sent, []);
});

test("another case's draft begins anew", () => {
  const { desk } = begun();
  desk.set({ planeKey: "b", tab: "roots" });
  assert.equal(desk.plane?.key, "b");
  desk.take(draft({ case_id: "c2" }));
  assert.deepEqual([desk.plane?.key, desk.tab], ["a", "planes"]);
});

test("a number is understood with a comma, and what is none is not", () => {
  assert.deepEqual(["12,5", " -3 ", "−4", "", "x", "1e999", "0"].map(numberOf), [12.5, -3, -4, null, null, null, 0]);
});

test("keys over the view move, turn and resize the plane; bare arrows do not", () => {
  const press = (key: string, held: { shiftKey?: boolean; ctrlKey?: boolean; altKey?: boolean } = {}) =>
    movedBy({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...held }, plane("a"));
  assert.deepEqual(press("PageUp")?.center_patient_m, [0, 0, 0.001]);
  assert.deepEqual(press("PageDown", { shiftKey: true })?.center_patient_m, [0, 0, -0.0001]);
  assert.ok(Math.abs(press("ArrowUp", { shiftKey: true })!.kept_normal[1] - -Math.sin(Math.PI / 180)) < 1e-9);
  const wider = press("ArrowRight", { ctrlKey: true })!;
  assert.deepEqual([wider.width_mm, wider.height_mm, wider.center_patient_m], [91, 60, [0, 0, 0]]);
  for (const held of [{}, { altKey: true }, { ctrlKey: true, shiftKey: true }]) assert.equal(press("ArrowUp", held), null);
  assert.equal(press("a"), null);
});

test("a new plane stands beyond the margin on its side of the tumour and keeps what lies farther out", () => {
  const { desk } = begun();
  const box = { least: [-20, 10, 100], most: [20, 50, 160] } as const;
  const above = newPlane(desk, box, "head");
  assert.deepEqual(above.center_patient_m.map((m) => Math.round(m * 1e6) / 1e3), [0, 30, 173]);
  assert.deepEqual(above.kept_normal, [0, 0, 1]);
  const right = newPlane(desk, box, "right");
  assert.deepEqual(right.center_patient_m.map((m) => Math.round(m * 1e6) / 1e3), [-33, 30, 130]);
  assert.equal(right.key, "plane_3");
  assert.deepEqual(newPlane({ ...desk, planes: [plane("plane_2")], draft: draft() }, box, "front").key, "plane_3");
});

test("a verdict is told in a word and a tone, and a plane that cannot be is no good whatever its margin", () => {
  const { desk } = begun();
  const told = (key: string) => (key === "a" ? { ...facts("a", 30), refusal: "A cuts no bone." } : null);
  const [one, other] = shownLines(desk.planes, told, ["b"], "a") as [ReturnType<typeof shownLines>[number], ReturnType<typeof shownLines>[number]];
  assert.deepEqual([one.tone, one.words, one.chosen, one.ofStage], ["bad", "a: CANNOT BE", true, false]);
  assert.deepEqual([other.tone, other.words, other.ofStage], ["unknown", "b", true]);
});

const STAGES: DraftStage[] = [
  { key: "front", name: "Front", position: "supine", planes: [], mobilises: ["rectum", "sacrum"], releases_specimen: false, notes: "",
    looks: [{ key: "rectum", style: "outline" }, { key: "tumour", style: "solid" }, { key: "sacrum", style: "see_through" }] },
  { key: "back", name: "Back", position: "prone", planes: [], mobilises: [], releases_specimen: true, notes: "",
    looks: [{ key: "rectum", style: "hidden" }, { key: "tumour", style: "solid" }] },
  { key: "rebuild", name: "Rebuild", position: "prone", planes: [], mobilises: [], releases_specimen: false, notes: "",
    looks: [{ key: "rectum", style: "solid" }, { key: "tumour", style: "solid" }] },
];

test("what is drawn is what the stage looked at says, with what came loose and what is out by then, H35", () => {
  const { desk } = begun();
  desk.take(draft({ stages: STAGES }));
  desk.set({ stageKey: "rebuild" });
  const sight = sightOf(desk.stageNow)!;
  assert.deepEqual([...sight.loose, ...sight.gone], ["rectum", "sacrum", "tumour"]);
  assert.equal(sight.looks.get("rectum"), "solid");
  desk.set({ stageKey: "nowhere" });
  assert.deepEqual([desk.stageNow?.number, desk.stageNow?.stage.key], [1, "front"]);
  desk.take(draft());
  assert.equal(desk.stageNow, null);
});

test("a new stage lies as the one before it, under a key nobody has", () => {
  assert.equal(newStage(STAGES).position, "prone");
  assert.equal(newStage([{ ...STAGES[0]!, key: "stage_2" }]).key, "stage_3");
  assert.equal(newStage([]).position, "supine");
});

test("a root of which nothing is said is kept", () => {
  assert.equal(rootKey("S2", "left"), "nerve_s2_left");
  assert.equal(isKept([{ key: "nerve_s2_left", name: "S2 left", kept: false }], "nerve_s2_left"), false);
  assert.equal(isKept([], "nerve_s2_left"), true);
});
