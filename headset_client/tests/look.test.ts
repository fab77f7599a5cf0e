import assert from "node:assert/strict";
import { test } from "node:test";

import { legend } from "../src/overlay/legend.ts";
import { looksOf, MOST_SEEN_THROUGH, noteOf, sharedLook, type Structure, type Wished } from "../src/overlay/look.ts";
import { FIRST_VIEW, PRESETS } from "../src/overlay/presets.ts";
import { type StructureKind, VIEW_PRESETS, VIEW_STYLES } from "../src/protocol.gen.ts";
import { PHANTOM } from "./phantom.ts";

const KINDS: StructureKind[] = ["tumour", "nerve", "vessel", "bone", "organ", "skin", "muscle", "other"];

function said(...styles: [string, (typeof VIEW_STYLES)[number], number?][]): Wished {
  return {
    preset: "all",
    styles: styles.map(([key, style, step]) => ({ key, style, opacity_step: step ?? 2 })),
  };
}

test("at first: tumour solid, bone as outline, nerves through everything, vessels seen through, skin not drawn", () => {
  const { byKey, words } = looksOf(PHANTOM);
  const styles = Object.fromEntries([...byKey].map(([key, look]) => [key, look.style]));
  assert.deepEqual(
    [styles["tumour"], styles["sacrum"], styles["nerve_s3_left"], styles["iliac_vein_right"], styles["skin"]],
    ["solid", "outline", "see_through", "see_through", "hidden"],
  );
  assert.equal(styles["rectum"], "outline");
  assert.equal(words, "");
  for (const structure of PHANTOM) assert.equal(byKey.get(structure.key)!.dashed, structure.kind === "nerve");
  assert.deepEqual(byKey, looksOf(PHANTOM, FIRST_VIEW).byKey);
});

test("a preset is about its kinds, and bone, tumour and nerves are in each", () => {
  assert.deepEqual(PRESETS.map(({ preset }) => preset), VIEW_PRESETS);
  const drawn = (preset: Wished["preset"]) => {
    const { byKey } = looksOf(PHANTOM, { preset, styles: [] });
    return new Set(PHANTOM.filter(({ key }) => byKey.get(key)!.style !== "hidden").map(({ kind }) => kind));
  };
  assert.deepEqual(drawn("all"), new Set(["tumour", "nerve", "vessel", "bone", "organ"]));
  assert.deepEqual(drawn("tumour_nerves"), new Set(["tumour", "nerve", "bone"]));
  assert.deepEqual(drawn("vessels"), new Set(["tumour", "nerve", "bone", "vessel"]));
  assert.deepEqual(drawn("stage"), drawn("all"), "without a plan");
});

test("what can move is never drawn solid, whatever preset or person says, H35", () => {
  for (const preset of VIEW_PRESETS) {
    for (const kind of KINDS) {
      for (const style of [null, ...VIEW_STYLES]) {
        const structure: Structure = { key: "one", kind, rigid: false };
        const styles = style === null ? [] : [{ key: "one", style, opacity_step: 4 }];
        const look = looksOf([structure], { preset, styles }).byKey.get("one")!;
        assert.notEqual(look.style, "solid");
        assert.ok(look.ghost && look.opacity < 1, `${preset} ${kind} ${style}`);
        if (look.style !== "hidden") assert.match(noteOf(look), /can move/i);
      }
    }
  }
});

test("a person's style stands over the preset, with its opacity", () => {
  const { byKey } = looksOf(PHANTOM, said(["tumour", "see_through", 1], ["sacrum", "solid"], ["skin", "outline"]));
  const { style, step, opacity, ghost, dashed } = byKey.get("tumour")!;
  assert.deepEqual({ style, step, opacity, ghost, dashed }, {
    style: "see_through",
    step: 1,
    opacity: 0.2,
    ghost: false,
    dashed: false,
  });
  assert.equal(byKey.get("sacrum")!.style, "solid");
  assert.equal(byKey.get("skin")!.style, "outline");
});

test("of more than two kinds seen through, what nobody spoke of becomes outline, and nerves never do", () => {
  const { byKey, words } = looksOf(PHANTOM, said(["sacrum", "see_through"]));
  assert.equal(byKey.get("sacrum")!.style, "see_through");
  assert.equal(byKey.get("nerve_s1_left")!.style, "see_through");
  assert.equal(byKey.get("iliac_artery_left")!.style, "outline");
  assert.equal(words, "Vessels drawn as outline: two kinds of structure at most are seen through at once.");
  const crowded = looksOf(PHANTOM, said(["skin", "see_through"], ["sacrum", "see_through"], ["bladder", "see_through"]));
  assert.equal(crowded.byKey.get("sacrum")!.style, "see_through");
  assert.equal(crowded.byKey.get("skin")!.style, "outline");
  assert.equal(
    crowded.words,
    "Organs, the skin and vessels drawn as outline: two kinds of structure at most are seen through at once.",
  );
});

test("bone is an outline while the plan's colours are on, so that they are seen as they are", () => {
  const view = said(["sacrum", "see_through"], ["iliac_vein_left", "outline"]);
  assert.equal(looksOf(PHANTOM, view).byKey.get("sacrum")!.style, "see_through");
  const { byKey, words } = looksOf(PHANTOM, view, null, "tumour");
  assert.deepEqual([byKey.get("sacrum")!.style, byKey.get("tumour")!.painted], ["outline", true]);
  assert.match(words, /Bones drawn as outline while the colours are on\.$/);
  const solid = looksOf(PHANTOM, said(["sacrum", "solid"]), null, "tumour").byKey;
  assert.equal(solid.get("sacrum")!.style, "solid", "what hides the colours does not change them");
});

test("at most two kinds are seen through, whatever is asked for", () => {
  const structures = KINDS.flatMap((kind) => [
    { key: `${kind}_rigid`, kind, rigid: true },
    { key: `${kind}_moving`, kind, rigid: false },
  ]);
  for (const preset of VIEW_PRESETS) {
    for (let asked = 0; asked < 2 ** KINDS.length; asked += 1) {
      const styles = KINDS.filter((_, at) => (asked >> at) & 1).map((kind) => ({
        key: `${kind}_rigid`,
        style: "see_through" as const,
        opacity_step: 2,
      }));
      const { byKey, words } = looksOf(structures, { preset, styles });
      const seen = new Set(structures.filter(({ key }) => byKey.get(key)!.style === "see_through").map((s) => s.kind));
      assert.ok(seen.size <= MOST_SEEN_THROUGH);
      assert.ok(seen.has("nerve"));
      const dropped = styles.some(({ key }) => byKey.get(key)!.style !== "see_through");
      if (dropped) assert.match(words, /drawn as outline/);
    }
  }
});

test("structures that share a mesh look alike, never more solid than any of them", () => {
  const { byKey } = looksOf(PHANTOM, said(["sacrum", "solid"], ["iliac_vein_left", "see_through", 1]));
  const of = (...keys: string[]) => sharedLook(keys.map((key) => byKey.get(key)!));
  assert.equal(of("sacrum", "vertebra_l5").style, "outline");
  assert.equal(of("tumour", "sacrum").style, "solid");
  assert.equal(of("iliac_vein_left", "iliac_artery_left").step, 1);
  assert.equal(of("vertebra_l5", "vertebra_l4").ghost, true);
  assert.equal(of("skin", "rectum").style, "outline");
});

test("the legend pairs sides that look alike, keeps the order and says once what can move", () => {
  const keys = ["tumour", "nerve_s1_left", "nerve_s1_right", "iliac_vein_right", "sacrum", "skin"];
  const structures = keys.map((key) => PHANTOM.find((structure) => structure.key === key)!);
  const told = (view?: Wished) =>
    legend(structures, view).map((group) => [group.note, group.lines.map((line) => line.name)]);
  assert.deepEqual(told(), [
    ["", ["Tumour", "Sacrum"]],
    ["Can move: as on the scan", ["Nerve root S1, both", "Iliac vein right"]],
    ["Not drawn", ["Skin"]],
  ]);
  assert.deepEqual(told(said(["nerve_s1_left", "outline"]))[1], [
    "Can move: as on the scan",
    ["Nerve root S1 left", "Nerve root S1 right", "Iliac vein right"],
  ]);
});
