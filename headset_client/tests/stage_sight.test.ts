import assert from "node:assert/strict";
import { test } from "node:test";

import { legend } from "../src/overlay/legend.ts";
import { looksOf, noteOf } from "../src/overlay/look.ts";
import { sightOf } from "../src/overlay/stage_sight.ts";
import { type Stage, stageNow } from "../src/overlay/staging.ts";
import { VIEW_PRESETS, VIEW_STYLES } from "../src/protocol.gen.ts";
import { PHANTOM } from "./phantom.ts";

const SPECIMEN = ["tumour", "nerve_s4_left"];

function stage(key: string, looks: Stage["looks"], rest: Partial<Stage> = {}): Stage {
  return { key, name: key, position: "prone", looks, planes: [], mobilises: [], releases_specimen: false, ...rest };
}

/** As a host tells them: with ghosts of what has moved, without what is out. */
const PLAN = {
  digest: "d",
  specimen: SPECIMEN,
  stages: [
    stage("front", [
      { key: "tumour", style: "solid" },
      { key: "sacrum", style: "see_through" },
      { key: "rectum", style: "ghost" },
      { key: "iliac_vein_left", style: "solid" },
    ], { mobilises: ["rectum", "sacrum"] }),
    stage("back", [
      { key: "tumour", style: "solid" },
      { key: "sacrum", style: "outline" },
      { key: "nerve_s1_left", style: "solid" },
    ], { releases_specimen: true, mobilises: ["nerve_s1_left"] }),
    stage("rebuild", [{ key: "sacrum", style: "solid" }]),
  ],
};
const sight = (number: number) => sightOf(stageNow(PLAN, { plan_digest: "d", stage: number }));

function styles(number: number): Record<string, string> {
  const { byKey } = looksOf(PHANTOM, { preset: "stage", styles: [] }, sight(number));
  return Object.fromEntries([...byKey].filter(([, look]) => look.style !== "hidden").map(([key, look]) => [key, look.style]));
}

test("the preset of the stage draws what the stage names, and nothing else", () => {
  assert.deepEqual(styles(1), { tumour: "solid", sacrum: "see_through", rectum: "outline", iliac_vein_left: "see_through" });
  assert.deepEqual(styles(2), { tumour: "solid", sacrum: "outline", nerve_s1_left: "outline" });
  assert.deepEqual(styles(3), { sacrum: "solid" });
});

test("what a stage took from its place is a ghost from then on, whatever preset or person says, H35", () => {
  for (const [number, loose] of [[1, ["rectum"]], [2, ["nerve_s1_left", "rectum"]], [3, ["nerve_s1_left", "rectum"]]] as const) {
    for (const preset of VIEW_PRESETS) {
      for (const style of [null, ...VIEW_STYLES]) {
        const said = style === null ? [] : PHANTOM.map(({ key }) => ({ key, style, opacity_step: 4 }));
        const { byKey } = looksOf(PHANTOM, { preset, styles: said }, sight(number));
        for (const [key, look] of byKey) {
          assert.equal(look.loose, (loose as readonly string[]).includes(key), key);
          if (!look.loose || look.style === "hidden") continue;
          assert.equal(look.style, "outline", `${key} ${preset} ${style}`);
          assert.match(noteOf(look), /may lie elsewhere/);
        }
      }
    }
  }
});

test("what left the patient is drawn in no preset and by nobody's wish once the stage is over, H35", () => {
  for (const preset of VIEW_PRESETS) {
    for (const style of VIEW_STYLES) {
      const said = SPECIMEN.map((key) => ({ key, style, opacity_step: 4 }));
      const { byKey } = looksOf(PHANTOM, { preset, styles: said }, sight(3), "tumour");
      for (const key of SPECIMEN) {
        const look = byKey.get(key)!;
        assert.deepEqual([look.style, look.gone, look.painted], ["hidden", true, false], `${key} ${preset} ${style}`);
        assert.equal(noteOf(look), "Taken out");
      }
      const before = looksOf(PHANTOM, { preset, styles: said }, sight(2)).byKey;
      assert.equal(before.get("tumour")!.gone, false, "until the stage that releases it is over");
    }
  }
});

test("the legend tells apart what can move, what has moved and what is out", () => {
  const keys = ["sacrum", "iliac_vein_left", "rectum", "tumour", "skin"];
  const structures = keys.map((key) => PHANTOM.find((structure) => structure.key === key)!);
  const view = { preset: "all" as const, styles: [] };
  assert.deepEqual(
    legend(structures, view, sight(3)).map(({ note, lines }) => [note, lines.map(({ name }) => name)]),
    [
      ["", ["Sacrum"]],
      ["Can move: as on the scan", ["Iliac vein left"]],
      ["Taken from its place: may lie elsewhere", ["Rectum"]],
      ["Taken out", ["Tumour"]],
      ["Not drawn", ["Skin"]],
    ],
  );
});

test("without a plan nothing is loose and nothing gone", () => {
  assert.equal(sightOf(null), null);
  for (const look of looksOf(PHANTOM).byKey.values()) assert.ok(!look.loose && !look.gone && !look.painted);
});
