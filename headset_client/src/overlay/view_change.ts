/** What the menu's buttons make of the view everybody shares. */

import type { StructureStyle, View, ViewPreset } from "../protocol.gen.ts";
import { lookOf, type Structure } from "./look.ts";

const PRESETS: readonly { readonly preset: ViewPreset; readonly name: string }[] = [
  { preset: "all", name: "All structures" },
  { preset: "tumour_nerves", name: "Tumour and nerves" },
  { preset: "vessels", name: "Tumour and vessels" },
];
const STEPS = { least: 1, most: 4 } as const;
/** Of what is seen through and nobody spoke of. */
const FIRST_STEP = 2;
/** What one message carries. */
const MOST_STYLES = 16;

/** The preset after this one, going round. */
export function nextPreset(preset: ViewPreset): { readonly preset: ViewPreset; readonly name: string } {
  const at = PRESETS.findIndex((one) => one.preset === preset);
  return PRESETS[(at + 1) % PRESETS.length]!;
}

/**
 * Everything that is seen through, one step fainter (-1) or stronger (1); empty where nothing can go further.
 *
 * What is solid stays so: the tumour is what the view is about.
 */
export function faded(view: View, structures: readonly Structure[], by: 1 | -1): StructureStyle[] {
  const said = new Map(view.styles.map((style) => [style.key, style]));
  const changed: StructureStyle[] = [];
  for (const structure of structures) {
    const now = said.get(structure.key) ?? firstStyle(structure);
    if (now?.style !== "see_through") continue;
    const step = Math.min(STEPS.most, Math.max(STEPS.least, now.opacity_step + by));
    if (step !== now.opacity_step) changed.push({ key: structure.key, style: "see_through", opacity_step: step });
  }
  return changed.slice(0, MOST_STYLES);
}

function firstStyle(structure: Structure): StructureStyle | null {
  const { style } = lookOf(structure);
  if (style !== "glass" && style !== "ghost") return null;
  return { key: structure.key, style: "see_through", opacity_step: FIRST_STEP };
}
