/**
 * How each structure is drawn: what the view's preset says of its kind, over it what a person said of it, and three
 * rules that nobody overrules.
 *
 * - What moves once the patient is opened is never drawn as a solid (hazard H35).
 * - At most two kinds of structure are seen through at once: of three surfaces behind each other nobody tells
 *   which lies where. The others become outlines. Nerves never lose that way: no root may be overlooked.
 * - Nerves are drawn through what lies before them, dashed.
 */

import type { StructureKind, View, ViewStyle } from "../protocol.gen.ts";
import { FIRST_VIEW, wishOf } from "./presets.ts";

export const MOST_SEEN_THROUGH = 2;
/** Fifths of full opacity. */
const STEPS = 5;

export interface Structure {
  readonly key: string;
  readonly kind: StructureKind;
  readonly rigid: boolean;
}

export interface Look {
  readonly style: ViewStyle;
  /** Of its filling, as `opacity_step` tells it, and as a number; 1 for what is solid, 0 for what has none. */
  readonly step: number;
  readonly opacity: number;
  /** It moves with the tissue, and is drawn so that it is not taken for bone. */
  readonly ghost: boolean;
  /** It shows, dashed, through what lies before it. */
  readonly dashed: boolean;
}

export interface Looks {
  readonly byKey: ReadonlyMap<string, Look>;
  /** Why something is drawn otherwise than a person wished, in a sentence; empty where nothing is. */
  readonly words: string;
}

export type Wished = Pick<View, "preset" | "styles">;

/** The look of every structure under a view. */
export function looksOf(structures: readonly Structure[], view: Wished = FIRST_VIEW): Looks {
  const said = new Map(view.styles.map((style) => [style.key, style]));
  const wished = structures.map((structure) => {
    const own = said.get(structure.key);
    return { structure, ...allowed(structure, own ?? wishOf(view.preset, structure.kind)), said: own !== undefined };
  });
  const seenThrough = wished.filter((wish) => wish.style === "see_through");
  const kinds = inOrder(seenThrough.map(({ structure, said }) => ({ kind: structure.kind, said })));
  const tooMany = new Set(kinds.slice(MOST_SEEN_THROUGH));
  const looks = wished.map(({ structure, style, step }): [string, Look] => [
    structure.key,
    lookIn(structure, style === "see_through" && tooMany.has(structure.kind) ? "outline" : style, step),
  ]);
  return { byKey: new Map(looks), words: wordsFor([...tooMany]) };
}

/** The look of several structures that share a mesh and cannot be drawn apart. */
export function sharedLook(looks: readonly Look[]): Look {
  const first = looks[0]!;
  const ghost = looks.some((look) => look.ghost);
  const dashed = looks.some((look) => look.dashed);
  if (looks.every((look) => look.style === first.style)) {
    const faintest = looks.reduce((one, other) => (other.step < one.step ? other : one));
    return { ...faintest, ghost, dashed };
  }
  return { style: "outline", step: first.step, opacity: 0, ghost, dashed };
}

/** What the legend says of a look; empty for what stands where it is drawn. */
export function noteOf(look: Look): string {
  if (look.style === "hidden") return "Not drawn";
  return look.ghost ? "Can move: as on the scan" : "";
}

function allowed(structure: Structure, wish: { style: ViewStyle; opacity_step: number }) {
  const solid = wish.style === "solid" && !structure.rigid;
  return { style: solid ? "see_through" : wish.style, step: solid ? STEPS - 1 : wish.opacity_step } as const;
}

function lookIn(structure: Structure, style: ViewStyle, step: number): Look {
  const opacity = style === "solid" ? 1 : style === "see_through" ? step / STEPS : 0;
  return { style, step, opacity, ghost: !structure.rigid, dashed: structure.kind === "nerve" };
}

const KINDS: readonly StructureKind[] = ["nerve", "vessel", "tumour", "bone", "organ", "muscle", "skin", "other"];

/** The kinds that are seen through, those that keep it first: nerves, what a person spoke of, then by importance. */
function inOrder(seen: readonly { readonly kind: StructureKind; readonly said: boolean }[]): StructureKind[] {
  const rank = (kind: StructureKind): number => {
    if (kind === "nerve") return -1;
    const said = seen.some((one) => one.kind === kind && one.said);
    return KINDS.indexOf(kind) + (said ? 0 : KINDS.length);
  };
  return [...new Set(seen.map(({ kind }) => kind))].sort((one, other) => rank(one) - rank(other));
}

const KIND_WORDS: Readonly<Record<StructureKind, string>> = {
  nerve: "Nerves",
  vessel: "Vessels",
  tumour: "The tumour",
  bone: "Bones",
  organ: "Organs",
  muscle: "Muscles",
  skin: "The skin",
  other: "Other structures",
};

function wordsFor(kinds: readonly StructureKind[]): string {
  if (kinds.length === 0) return "";
  const names = kinds.map((kind, at) => (at === 0 ? KIND_WORDS[kind] : lowered(KIND_WORDS[kind])));
  const all = names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;
  return `${all} drawn as outline: two kinds of structure at most are seen through at once.`;
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
