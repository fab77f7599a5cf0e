import assert from "node:assert/strict";
import { test } from "node:test";

import type { Structure } from "../src/overlay/look.ts";
import { faded, nextPreset } from "../src/overlay/view_change.ts";
import type { View } from "../src/protocol.gen.ts";

const VIEW: View = {
  type: "view",
  preset: "all",
  styles: [],
  cleared: false,
  window: false,
  clip: null,
  twin: false,
  by: null,
};
const STRUCTURES: readonly Structure[] = [
  { key: "tumour", kind: "tumour", rigid: true },
  { key: "nerve_s1_left", kind: "nerve", rigid: false },
  { key: "iliac_vein_left", kind: "vessel", rigid: false },
  { key: "skin", kind: "skin", rigid: false },
];

test("presets go round, that of the stage with a plan alone", () => {
  for (const planned of [false, true]) {
    const seen: string[] = ["all"];
    for (let next = nextPreset("all", 1, planned); next.preset !== "all"; next = nextPreset(next.preset, 1, planned)) {
      assert.equal(nextPreset(next.preset, -1, planned).preset, seen.at(-1));
      seen.push(next.preset);
    }
    assert.deepEqual(seen, ["all", "tumour_nerves", "vessels", ...(planned ? ["stage"] : [])]);
  }
  assert.equal(nextPreset("stage").preset, "tumour_nerves", "the plan is gone");
});

test("what is seen through fades and strengthens, the solid tumour and the hidden skin never", () => {
  for (const by of [1, -1] as const) {
    const keys = faded(VIEW, STRUCTURES, by).map((style) => style.key);
    assert.ok(keys.includes("iliac_vein_left"));
    assert.ok(!keys.includes("tumour") && !keys.includes("skin"));
  }
});

test("what people said counts, and the ends are ends", () => {
  const at = (opacity_step: number) => ({
    ...VIEW,
    styles: STRUCTURES.map(({ key }) => ({ key, style: "see_through" as const, opacity_step })),
  });
  assert.deepEqual(faded(at(1), STRUCTURES, -1), []);
  assert.deepEqual(faded(at(4), STRUCTURES, 1), []);
  assert.deepEqual(new Set(faded(at(3), STRUCTURES, 1).map((style) => style.opacity_step)), new Set([4]));
  const outlined = { ...VIEW, styles: [{ key: "iliac_vein_left", style: "outline" as const, opacity_step: 2 }] };
  assert.ok(!faded(outlined, STRUCTURES, 1).some((style) => style.key === "iliac_vein_left"));
});

test("one message carries no more than it may", () => {
  const many = Array.from({ length: 40 }, (_, index) => ({ key: `part_${index}`, kind: "vessel" as const, rigid: false }));
  assert.ok(faded(VIEW, many, 1).length <= 16);
});
