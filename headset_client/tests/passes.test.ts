import assert from "node:assert/strict";
import { test } from "node:test";

import { looksOf } from "../src/overlay/look.ts";
import { isFaded, isOpened, type Pass, PASSES, passesOf } from "../src/overlay/passes.ts";
import { sightOf } from "../src/overlay/stage_sight.ts";
import { stageNow } from "../src/overlay/staging.ts";
import { type StructureKind, VIEW_PRESETS, VIEW_STYLES, type ViewStyle } from "../src/protocol.gen.ts";
import { PHANTOM } from "./phantom.ts";

function passes(kind: StructureKind, style: ViewStyle, rigid = true, cut = false): Pass[] {
  const structure = { key: "one", kind, rigid };
  const view = { preset: "all" as const, styles: [{ key: "one", style, opacity_step: 2 }] };
  return passesOf(kind, looksOf([structure], view).byKey.get("one")!, cut);
}

test("each style has its passes", () => {
  assert.deepEqual(passes("tumour", "hidden"), []);
  assert.deepEqual(passes("tumour", "solid"), ["solid", "faded_inner_depth", "faded_inner_rim"]);
  assert.deepEqual(passes("tumour", "solid", true, true).slice(0, 2), ["solid", "backs"]);
  assert.deepEqual(passes("bone", "outline").slice(0, -2), ["bone_depth", "bone_rim"]);
  assert.deepEqual(passes("bone", "outline", false).slice(0, -2), ["bone_depth", "bone_faint_rim"]);
  assert.deepEqual(passes("bone", "see_through").slice(0, -2), ["bone_depth", "bone_fill", "bone_rim"]);
  assert.deepEqual(passes("vessel", "see_through", false).slice(0, -2), ["inner_depth", "inner_fill"]);
  assert.deepEqual(passes("nerve", "see_through", false).slice(0, -2), ["nerve", "nerve_dashed"]);
  assert.ok(passes("nerve", "outline", false).includes("nerve_dashed"));
});

test("what moves is in no pass that draws solids, whatever its kind and style, H35", () => {
  const kinds = new Set(PHANTOM.map(({ kind }) => kind));
  for (const kind of kinds) {
    for (const style of VIEW_STYLES) {
      for (const pass of passes(kind, style, false, true)) assert.ok(!/solid|backs/.test(pass));
    }
  }
});

test("what came loose has a broken outline and nothing else, faded too, H35", () => {
  const stages = [{ key: "one", name: "", position: "prone", looks: [], planes: [], mobilises: ["one"], releases_specimen: false }] as const;
  const now = stageNow({ digest: "d", stages, specimen: [] }, { plan_digest: "d", stage: 1 });
  for (const kind of new Set(PHANTOM.map(({ kind }) => kind))) {
    for (const style of VIEW_STYLES.filter((style) => style !== "hidden")) {
      const view = { preset: "all" as const, styles: [{ key: "one", style, opacity_step: 4 }] };
      const look = looksOf([{ key: "one", kind, rigid: false }], view, sightOf(now)).byKey.get("one")!;
      const dashes = kind === "nerve" ? ["nerve_dashed"] : [];
      assert.deepEqual(passesOf(kind, look, true), [
        "inner_depth",
        "loose_rim",
        ...dashes,
        "faded_inner_depth",
        "faded_loose_rim",
      ]);
    }
  }
});

test("what wears the plan's colours is drawn by the plan, but for its outline while all is faded", () => {
  const painted = (style: ViewStyle) => {
    const view = { preset: "all" as const, styles: [{ key: "one", style, opacity_step: 2 }] };
    const structure = { key: "one", kind: "tumour" as const, rigid: true };
    return passesOf("tumour", looksOf([structure], view, null, "one").byKey.get("one")!, false);
  };
  for (const style of ["solid", "see_through"] as const) {
    assert.deepEqual(painted(style), ["faded_inner_depth", "faded_inner_rim"]);
  }
  assert.ok(painted("outline").includes("inner_rim"), "an outline has no surface to paint");
  assert.deepEqual(painted("hidden"), []);
});

test("faded to outlines, what lies inside bone is drawn before it, and so seen through it", () => {
  assert.deepEqual(passes("bone", "solid").slice(-2), ["faded_depth", "faded_rim"]);
  assert.ok(PASSES.indexOf("faded_inner_rim") < PASSES.indexOf("faded_depth"));
  assert.equal(PASSES.filter(isFaded).length, 5);
});

test("a shell is drawn depth first, then its filling, then its rim, and from the inside out", () => {
  const at = (pass: Pass) => PASSES.indexOf(pass);
  for (const shell of ["inner", "bone"] as const) {
    assert.ok(at(`${shell}_depth`) < at(`${shell}_fill`) && at(`${shell}_fill`) < at(`${shell}_rim`));
  }
  assert.ok(at("inner_faint_rim") < at("bone_depth") && at("bone_faint_rim") < at("nerve"));
  // Dashes are where something nearer was drawn before: after bone, and before what lies outside it.
  assert.ok(at("nerve") < at("nerve_dashed") && at("nerve_dashed") < at("outer_depth"));
});

test("the window opens bone and what lies outside it, and nothing else", () => {
  const opened = PASSES.filter(isOpened);
  assert.ok(opened.length > 0);
  assert.ok(opened.every((pass) => /^(bone|outer)_/.test(pass)));
  assert.ok(passes("skin", "outline", false).filter((pass) => !isFaded(pass)).every(isOpened));
  assert.ok(passes("bone", "solid").filter((pass) => !isFaded(pass)).every(isOpened));
});

test("with every pass counted the demonstration's case stays far below 200 k triangles and 40 draws", () => {
  for (const preset of VIEW_PRESETS) {
    const { byKey } = looksOf(PHANTOM, { preset, styles: [] });
    const drawn = new Map<Pass, number>();
    for (const { key, kind, triangles } of PHANTOM) {
      for (const pass of passesOf(kind, byKey.get(key)!, true)) {
        drawn.set(pass, (drawn.get(pass) ?? 0) + triangles);
      }
    }
    const sound = [...drawn].filter(([pass]) => !isFaded(pass));
    const triangles = sound.reduce((sum, [, count]) => sum + count, 0);
    assert.ok(triangles > 50_000 && triangles < 110_000, `${preset}: ${triangles}`);
    assert.ok(sound.length <= 14, `${preset}: ${sound.length} draws`);
  }
});
