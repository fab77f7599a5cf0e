/**
 * How each structure is drawn: what the view's preset says of its kind, or the stage of the plan, over it what a person
 * said of it, and four rules that nobody overrules.
 *
 * - What a stage of the plan took from its place is a ghost, and what was taken out of the patient is not drawn, in
 *   every preset (hazard H35).
 * - What moves once the patient is opened is never drawn as a solid (H35).
 * - At most two kinds of structure are seen through at once: of three surfaces behind each other nobody tells
 *   which lies where. The others become outlines. Nerves never lose that way: no root may be overlooked.
 * - Nerves are drawn through what lies before them, dashed.
 */

import type { StructureKind, View, ViewStyle } from "../protocol.gen.ts";
import { FIRST_VIEW, type Wish, wishOf } from "./presets.ts";
import type { StageSight } from "./stage_sight.ts";

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
  /** It was taken from its place and may lie elsewhere: a broken outline. */
  readonly loose: boolean;
  /** It is out of the patient. */
  readonly gone: boolean;
  /** The colours of the plan's margins are drawn in the place of its own surface. */
  readonly painted: boolean;
}

export interface Looks {
  readonly byKey: ReadonlyMap<string, Look>;
  /** Why something is drawn otherwise than a person wished, in a sentence; empty where nothing is. */
  readonly words: string;
}

export type Wished = Pick<View, "preset" | "styles">;

/** The look of every structure under a view, in a stage of the plan; `painted`: the structure that wears its colours. */
export function looksOf(
  structures: readonly Structure[],
  view: Wished = FIRST_VIEW,
  sight: StageSight | null = null,
  painted: string | null = null,
): Looks {
  const said = new Map(view.styles.map((style) => [style.key, style]));
  const wished = structures.map((structure) => {
    const own = said.get(structure.key);
    const wish = own ?? wishOf(view.preset, structure, sight);
    return { structure, ...allowed(structure, wish, sight), said: own !== undefined };
  });
  const seenThrough = wished.filter((wish) => wish.style === "see_through");
  const kinds = inOrder(seenThrough.map(({ structure, said }) => ({ kind: structure.kind, said })));
  const tooMany = new Set(kinds.slice(MOST_SEEN_THROUGH));
  // Bone that is seen through would change the colours behind it.
  const bare = painted !== null && kinds.includes("bone") && !tooMany.has("bone");
  if (bare) tooMany.add("bone");
  const looks = wished.map(({ structure, style, step }): [string, Look] => {
    const own = style === "see_through" && tooMany.has(structure.kind) ? "outline" : style;
    const look = lookIn(structure, own, step, sight);
    return [structure.key, { ...look, painted: structure.key === painted && look.opacity > 0 }];
  });
  const words = [wordsFor(kinds.slice(MOST_SEEN_THROUGH)), bare ? BARE_WORDS : ""].filter((part) => part !== "");
  return { byKey: new Map(looks), words: words.join(" ") };
}

/** The look of several structures that share a mesh and cannot be drawn apart. */
export function sharedLook(looks: readonly Look[]): Look {
  const first = looks[0]!;
  const ghost = looks.some((look) => look.ghost);
  const dashed = looks.some((look) => look.dashed);
  const loose = looks.some((look) => look.loose);
  const gone = looks.every((look) => look.gone);
  const alike = looks.every((look) => look.style === first.style);
  const faintest = looks.reduce((one, other) => (other.step < one.step ? other : one));
  const shared = alike ? faintest : { style: "outline" as const, step: first.step, opacity: 0 };
  const { style, step, opacity } = shared;
  return { style, step, opacity, ghost, dashed, loose, gone, painted: false };
}

/** What the legend says of a look; empty for what stands where it is drawn. */
export function noteOf(look: Look): string {
  if (look.gone) return "Taken out";
  if (look.style === "hidden") return "Not drawn";
  if (look.loose) return "Taken from its place: may lie elsewhere";
  return look.ghost ? "Can move: as on the scan" : "";
}

function allowed(structure: Structure, wish: Wish, sight: StageSight | null) {
  if (sight?.gone.has(structure.key)) return { style: "hidden", step: wish.opacity_step } as const;
  if (isLoose(structure, sight) && wish.style !== "hidden") {
    return { style: "outline", step: wish.opacity_step } as const;
  }
  const solid = wish.style === "solid" && !structure.rigid;
  return { style: solid ? "see_through" : wish.style, step: solid ? STEPS - 1 : wish.opacity_step } as const;
}

function lookIn(structure: Structure, style: ViewStyle, step: number, sight: StageSight | null): Look {
  const opacity = style === "solid" ? 1 : style === "see_through" ? step / STEPS : 0;
  return {
    style,
    step,
    opacity,
    ghost: !structure.rigid,
    dashed: structure.kind === "nerve",
    loose: isLoose(structure, sight),
    gone: sight?.gone.has(structure.key) ?? false,
    painted: false,
  };
}

/** What is rigid stays where it is, whatever was freed round it, unless the host itself calls it a ghost. */
function isLoose({ key, rigid }: Structure, sight: StageSight | null): boolean {
  if (sight === null) return false;
  return sight.looks.get(key) === "ghost" || (!rigid && sight.loose.has(key));
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

const BARE_WORDS = "Bones drawn as outline while the colours are on.";

function wordsFor(kinds: readonly StructureKind[]): string {
  if (kinds.length === 0) return "";
  const names = kinds.map((kind, at) => (at === 0 ? KIND_WORDS[kind] : lowered(KIND_WORDS[kind])));
  const all = names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)!}`;
  return `${all} drawn as outline: two kinds of structure at most are seen through at once.`;
}

function lowered(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1);
}
