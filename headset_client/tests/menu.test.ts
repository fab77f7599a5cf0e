import assert from "node:assert/strict";
import { test } from "node:test";

import { buttonAt, buttonBox, menuSheet, type MenuState, MOST_BUTTONS, nextPoints } from "../src/overlay/menu.ts";

const ON: MenuState = {
  page: "main",
  from: 0,
  landmark: null,
  cleared: false,
  on: true,
  nextPreset: "Vessels",
  twin: false,
  canFade: { fainter: true, stronger: true },
  landmarks: ["Left spine", "Right spine"],
  handsSeen: true,
  answer: "",
  stages: null,
  turn: null,
  paints: { colours: null, shell: null },
  news: "",
  alignWays: [],
};

const labels = (state: Partial<MenuState>): string[] => menuSheet({ ...ON, ...state }).buttons.map((b) => b.label);

test("what can be done stands there, and nothing that cannot", () => {
  assert.deepEqual(labels({}), [
    "Hide all",
    "Vessels",
    "Fainter",
    "Stronger",
    "Twin beside",
    "Check point",
    "Patient moved",
  ]);
  assert.deepEqual(labels({ on: false }), ["Hide all"]);
  assert.deepEqual(labels({ cleared: true, on: false }), ["Show again"]);
  assert.ok(!labels({ landmarks: [] }).includes("Check point"));
  assert.ok(!labels({ canFade: { fainter: false, stronger: true } }).includes("Fainter"));
  assert.ok(!labels({ twin: null, nextPreset: null }).some((label) => /Twin|Vessels/.test(label)));
  assert.ok(labels({ twin: true }).includes("Twin away"));
});

test("with a plan its stages stand first, and the looks have a page of their own", () => {
  assert.ok(!menuSheet(ON).buttons.some((button) => button.command.do === "stage"));
  const stages = { before: "From in front", after: "Rebuild" };
  const paints = { colours: "Margin colours", shell: "Shell 5 mm" };
  assert.deepEqual(labels({ stages, paints, alignWays: ["touch"] }), [
    "Hide all",
    "Next:\nRebuild",
    "Back:\nFrom in front",
    "Looks",
    "Check point",
    "Patient moved",
    "Align anew",
  ]);
  assert.deepEqual(labels({ page: "look", stages, paints }), [
    "Vessels",
    "Fainter",
    "Stronger",
    "Margin colours",
    "Shell 5 mm",
    "Twin beside",
    "Back",
  ]);
  const last = menuSheet({ ...ON, stages: { before: "From behind", after: null } }).buttons;
  assert.deepEqual(
    last.filter(({ command }) => command.do === "stage").map(({ command }) => command),
    [{ do: "stage", step: -1, turned: false }],
  );
});

test("a stage that turns the patient is asked once more, and not where the gaze rests already", () => {
  const stages = { before: null, after: "From behind" };
  const next = menuSheet({ ...ON, stages }).buttons.findIndex(({ command }) => command.do === "stage");
  const words = "Next: From behind. The patient is turned: the overlay ends.";
  const sheet = menuSheet({ ...ON, page: "turn", stages, turn: { step: 1, words } });
  assert.equal(sheet.title, words);
  assert.deepEqual(sheet.buttons.map(({ label }) => label), ["Yes, turn", "Back"]);
  assert.deepEqual(sheet.buttons[0]!.command, { do: "stage", step: 1, turned: true });
  assert.notEqual(next, 0);
  assert.notEqual(sheet.buttons[next]?.label, "Yes, turn");
  assert.deepEqual(labels({ page: "turn" }), ["Back"], "somebody went there meanwhile");
});

test("what became of a wish stands over the buttons", () => {
  assert.equal(menuSheet({ ...ON, news: "This is the last stage." }).title, "This is the last stage.");
});

test("hiding is always the first button, one press away", () => {
  for (const on of [true, false]) assert.equal(menuSheet({ ...ON, on }).buttons[0]!.command.do, "clear");
});

test("the room is found anew in the ways the headset has, with or without a session", () => {
  assert.ok(!labels({}).includes("Align anew"));
  for (const on of [true, false]) assert.equal(labels({ on, alignWays: ["touch"] }).at(-1), "Align anew");
  assert.deepEqual(labels({ page: "align", alignWays: ["camera", "touch"] }), ["By its camera", "By touch", "Back"]);
  const [touch] = menuSheet({ ...ON, page: "align", alignWays: ["touch"] }).buttons;
  assert.deepEqual(touch!.command, { do: "align", by: "touch" });
  assert.ok(labels({ alignWays: ["camera", "touch"] }).length <= MOST_BUTTONS);
});

test("moving the patient is asked twice", () => {
  const asked = menuSheet(ON).buttons.find((button) => button.label === "Patient moved");
  assert.deepEqual(asked!.command, { do: "page", page: "moved" });
  assert.deepEqual(labels({ page: "moved" }), ["Yes, moved", "Back"]);
});

test("every check point is reached, six at a time", () => {
  const many = Array.from({ length: 16 }, (_, index) => `Point ${index + 1}`);
  const seen: string[] = [];
  let from = 0;
  do {
    const { buttons } = menuSheet({ ...ON, page: "points", landmarks: many, from });
    assert.ok(buttons.length <= MOST_BUTTONS);
    seen.push(...buttons.filter((button) => button.command.do === "point").map((button) => button.label));
    from = nextPoints(from, many.length);
  } while (from !== 0);
  assert.deepEqual(seen, many);
  assert.deepEqual(labels({ page: "points" }), ["Left spine", "Right spine", "Back"]);
  assert.deepEqual(labels({ page: "points", from: 12 }), ["Left spine", "Right spine", "Back"], "the list got shorter");
});

test("touching asks for a hand in sight", () => {
  assert.deepEqual(labels({ page: "touching", landmark: "Left spine", handsSeen: false }), ["Back"]);
  const sheet = menuSheet({ ...ON, page: "touching", landmark: "Left spine" });
  assert.match(sheet.title, /Left spine.*other hand/);
  assert.deepEqual(sheet.buttons.map((button) => button.command.do), ["touch", "page"]);
  assert.equal(menuSheet({ ...ON, page: "touching", answer: "Hold still." }).title, "Hold still.");
  assert.equal(menuSheet({ ...ON, page: "points", answer: "It agrees." }).title, "It agrees.");
});

test("ids are unique, and never more buttons than the face holds", () => {
  const given: Partial<MenuState> = {
    landmark: "x",
    paints: { colours: "Colours off", shell: "Shell off" },
    turn: { step: 1, words: "Next" },
    alignWays: ["camera", "touch"],
  };
  for (const page of ["main", "look", "turn", "points", "touching", "moved", "align"] as const) {
    const { buttons } = menuSheet({ ...ON, ...given, page, stages: { before: "Approach", after: "Cuts" } });
    assert.equal(new Set(buttons.map((button) => button.id)).size, buttons.length);
    assert.ok(buttons.length <= MOST_BUTTONS, page);
  }
});

test("a point of the face is on the button drawn there, or on none", () => {
  for (let index = 0; index < MOST_BUTTONS; index += 1) {
    const box = buttonBox(index);
    assert.equal(buttonAt(box.x, box.y, MOST_BUTTONS), index);
    assert.equal(buttonAt(box.x, box.y, index), -1, "not there");
    assert.equal(buttonAt(box.x + 0.51 * box.width, box.y, MOST_BUTTONS), -1);
  }
  assert.equal(buttonAt(1, 0, MOST_BUTTONS), -1);
  assert.equal(buttonAt(NaN, 0, MOST_BUTTONS), -1);
});
