import assert from "node:assert/strict";
import { test } from "node:test";

import "./english.ts";
import { rowsOf, styleChange } from "../src/console/viewing.ts";
import { FIRST_VIEW } from "../src/overlay/presets.ts";
import type { StructureEntry, View } from "../src/protocol.gen.ts";
import { PHANTOM } from "./phantom.ts";

const STRUCTURES: StructureEntry[] = PHANTOM.map(({ key, kind, rigid, name, color_srgb }) => ({
  key,
  kind,
  rigid,
  name,
  color_srgb: color_srgb as [number, number, number],
  side: key.endsWith("_left") ? "left" : key.endsWith("_right") ? "right" : "none",
  expected_error_mm: null,
}));

function row(name: string, view: View = FIRST_VIEW) {
  return rowsOf(STRUCTURES, view).find((one) => one.name === name)!;
}

test("the list has one line for both sides of a pair, in the session's order", () => {
  const names = rowsOf(STRUCTURES, FIRST_VIEW).map(({ name }) => name);
  assert.equal(names.length, 16);
  assert.deepEqual(names.slice(0, 2), ["Tumour", "Nerve root S1, both"]);
  assert.deepEqual(row("Femur, both").keys, ["femur_left", "femur_right"]);
});

test("what can move is not offered as solid, H35", () => {
  for (const { keys, styles } of rowsOf(STRUCTURES, FIRST_VIEW)) {
    const rigid = keys.every((key) => STRUCTURES.find((structure) => structure.key === key)!.rigid);
    assert.equal(styles.includes("solid"), rigid);
    assert.deepEqual(styles.slice(-3), ["see_through", "outline", "hidden"]);
  }
});

test("a style is asked for all sides of a line, with the opacity a step on and within its ends", () => {
  assert.deepEqual(styleChange(row("Hip, both"), "see_through"), {
    styles: ["hip_left", "hip_right"].map((key) => ({ key, style: "see_through", opacity_step: 2 })),
  });
  const vein = row("Iliac vein, both");
  assert.equal(styleChange(vein, "see_through", -1).styles![0]!.opacity_step, vein.look.step - 1);
  const strongest = row("Nerve root S1, both");
  assert.equal(styleChange(strongest, "see_through", 1).styles![0]!.opacity_step, 4);
});

test("sides that look different are said to be no one thing", () => {
  const view: View = { ...FIRST_VIEW, styles: [{ key: "hip_left", style: "solid", opacity_step: 2 }] };
  assert.equal(row("Hip, both", view).alike, false);
  assert.equal(row("Hip, both").alike, true);
});
