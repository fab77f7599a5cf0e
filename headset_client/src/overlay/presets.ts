/** The presets of the view: which kinds of structure each is about, and how it draws them. */

import type { StageStyle, StructureKind, View, ViewPreset, ViewStyle } from "../protocol.gen.ts";
import type { StageSight } from "./stage_sight.ts";

/** How a kind is drawn as long as nobody says otherwise. */
export interface Wish {
  readonly style: ViewStyle;
  readonly opacity_step: number;
}

/** In the order in which people are offered them. */
export const PRESETS: readonly { readonly preset: ViewPreset; readonly name: string }[] = [
  { preset: "all", name: "All structures" },
  { preset: "tumour_nerves", name: "Tumour and nerves" },
  { preset: "vessels", name: "Tumour and vessels" },
  { preset: "stage", name: "The stage" },
];

/** The view of a case that nobody has changed yet, as hosts and clients know it. */
export const FIRST_VIEW: View = {
  type: "view",
  preset: "all",
  styles: [],
  cleared: false,
  window: false,
  clip: null,
  twin: false,
  by: null,
};

/** Those that are offered: that of the stage is there with a plan alone. */
export function presetsIn(planned: boolean): typeof PRESETS {
  return planned ? PRESETS : PRESETS.filter(({ preset }) => preset !== "stage");
}

const SOLID: Wish = { style: "solid", opacity_step: 4 };
const STRONG: Wish = { style: "see_through", opacity_step: 4 };
const MIDDLING: Wish = { style: "see_through", opacity_step: 3 };
const OUTLINE: Wish = { style: "outline", opacity_step: 2 };
const HIDDEN: Wish = { style: "hidden", opacity_step: 1 };

type Wishes = Readonly<Record<StructureKind, Wish>>;

// Bone, tumour and nerves are in every preset: what is bone, what must go and what must stay.
const TUMOUR_NERVES: Wishes = {
  tumour: SOLID,
  nerve: STRONG,
  bone: OUTLINE,
  vessel: HIDDEN,
  organ: HIDDEN,
  muscle: HIDDEN,
  other: HIDDEN,
  // The skin would cover all the others.
  skin: HIDDEN,
};
const VESSELS: Wishes = { ...TUMOUR_NERVES, vessel: MIDDLING };
const ALL: Wishes = { ...VESSELS, organ: OUTLINE, muscle: OUTLINE, other: OUTLINE };
/** That of the stage while no plan is locked. */
const WISHES: Readonly<Record<ViewPreset, Wishes>> = { all: ALL, tumour_nerves: TUMOUR_NERVES, vessels: VESSELS, stage: ALL };

/** How the plan's own words for looks are drawn. */
const OF_STAGE: Readonly<Record<StageStyle, Wish>> = {
  solid: SOLID,
  see_through: MIDDLING,
  outline: OUTLINE,
  ghost: OUTLINE,
  hidden: HIDDEN,
};

/** How a preset draws a structure; that of the stage as the plan says, which hides what it does not name. */
export function wishOf(
  preset: ViewPreset,
  { key, kind }: { readonly key: string; readonly kind: StructureKind },
  sight: StageSight | null,
): Wish {
  if (preset !== "stage" || sight === null) return WISHES[preset][kind];
  return OF_STAGE[sight.looks.get(key) ?? "hidden"];
}
