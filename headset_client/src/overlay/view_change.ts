/** What the menu's and the console's buttons make of the view everybody shares. */

import type { StructureStyle, View, ViewPreset } from "../protocol.gen.ts";
import { looksOf, type Structure } from "./look.ts";
import { presetsIn } from "./presets.ts";
import type { StageSight } from "./stage_sight.ts";

const STEPS = { least: 1, most: 4 } as const;
/** What one message carries. */
const MOST_STYLES = 16;

/** The preset after this one (1), or before it (-1), going round; that of the stage is there with a plan alone. */
export function nextPreset(
  preset: ViewPreset,
  step: 1 | -1 = 1,
  planned = false,
): { readonly preset: ViewPreset; readonly name: string } {
  const presets = presetsIn(planned);
  const at = presets.findIndex((one) => one.preset === preset);
  return presets[(Math.max(at, 0) + step + presets.length) % presets.length]!;
}

/**
 * Everything that is seen through, one step fainter (-1) or stronger (1); empty where nothing can go further.
 *
 * What is solid stays so: the tumour is what the view is about.
 */
export function faded(
  view: View,
  structures: readonly Structure[],
  by: 1 | -1,
  sight: StageSight | null = null,
): StructureStyle[] {
  const { byKey } = looksOf(structures, view, sight);
  const changed: StructureStyle[] = [];
  for (const { key } of structures) {
    const { style, step } = byKey.get(key)!;
    if (style !== "see_through") continue;
    const next = Math.min(STEPS.most, Math.max(STEPS.least, step + by));
    if (next !== step) changed.push({ key, style: "see_through", opacity_step: next });
  }
  return changed.slice(0, MOST_STYLES);
}
