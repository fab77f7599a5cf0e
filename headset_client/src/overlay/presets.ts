/** The presets of the view: which kinds of structure each is about, and how it draws them. */

import type { StructureKind, View, ViewPreset, ViewStyle } from "../protocol.gen.ts";

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
/** Of `stage` what the plan's looks leave open, and all of it while no plan is locked. */
const WISHES: Readonly<Record<ViewPreset, Wishes>> = { all: ALL, tumour_nerves: TUMOUR_NERVES, vessels: VESSELS, stage: ALL };

/** How a preset draws a kind of structure. */
export function wishOf(preset: ViewPreset, kind: StructureKind): Wish {
  return WISHES[preset][kind];
}
