/**
 * In which passes a structure is drawn. Each pass is one draw call for all structures in it, in this order:
 *
 * what is solid; what lies inside bone; bone; nerves, and dashed where something nearer hides them; what lies outside
 * bone. Each of these shells draws depth alone first, so that only its nearest surface shows, then a filling, then the
 * rim of what turns away from the eye. A shell in front of another is blended over it.
 */

import type { StructureKind } from "../protocol.gen.ts";
import type { Look } from "./look.ts";

export const PASSES = [
  "solid",
  "bone_solid",
  "backs",
  "bone_backs",
  "inner_depth",
  "inner_fill",
  "inner_rim",
  "inner_faint_rim",
  "loose_rim",
  "bone_depth",
  "bone_fill",
  "bone_rim",
  "bone_faint_rim",
  "nerve",
  "nerve_dashed",
  "outer_depth",
  "outer_fill",
  "outer_faint_rim",
  "faded_inner_depth",
  "faded_inner_rim",
  "faded_loose_rim",
  "faded_depth",
  "faded_rim",
] as const;
export type Pass = (typeof PASSES)[number];

/** The passes that are drawn instead of all others while the overlay is faded to outlines. */
export function isFaded(pass: Pass): boolean {
  return pass.startsWith("faded");
}

/** Whether the cut-away window opens what a pass draws: bone and what lies outside it. */
export function isOpened(pass: Pass): boolean {
  return pass.startsWith("bone") || pass.startsWith("outer");
}

/** The passes of a structure, those of the faded overlay included; `cut`: a plane cuts the model open. */
export function passesOf(kind: StructureKind, look: Look, cut: boolean): Pass[] {
  if (look.style === "hidden") return [];
  if (look.loose) return [...LOOSE, ...(look.dashed ? (["nerve_dashed"] as const) : []), ...FADED_LOOSE];
  const inner = shellOf(kind) === "inner";
  // Outlines of what lies inside bone are seen through bone here too.
  // What wears the colours of the plan is drawn by the plan, but for its outline.
  return [...(look.painted ? [] : ownPasses(kind, look, cut)), ...(inner ? FADED_INNER : FADED)];
}

type Shell = "inner" | "bone" | "outer";
/** A broken outline, inside bone: what came loose is drawn so whatever its kind. */
const LOOSE: readonly Pass[] = ["inner_depth", "loose_rim"];
const FADED_LOOSE: readonly Pass[] = ["faded_inner_depth", "faded_loose_rim"];
const FADED_INNER: readonly Pass[] = ["faded_inner_depth", "faded_inner_rim"];
const FADED: readonly Pass[] = ["faded_depth", "faded_rim"];

function shellOf(kind: StructureKind): Shell {
  return kind === "bone" ? "bone" : kind === "skin" || kind === "muscle" ? "outer" : "inner";
}

function ownPasses(kind: StructureKind, look: Look, cut: boolean): Pass[] {
  const shell = shellOf(kind);
  if (look.style === "solid") {
    // Cut open, a surface shows its back: drawn in its colour it looks like what is inside.
    if (shell === "inner") return cut ? ["solid", "backs"] : ["solid"];
    return cut ? ["bone_solid", "bone_backs"] : ["bone_solid"];
  }
  if (look.dashed && look.style === "see_through") return ["nerve", "nerve_dashed"];
  const dashes: Pass[] = look.dashed ? ["nerve_dashed"] : [];
  const depth: Pass = `${shell}_depth`;
  if (look.style === "see_through") return [depth, `${shell}_fill`, ...rim(shell, look), ...dashes];
  return [depth, ...rim(shell, look), ...dashes];
}

function rim(shell: Shell, look: Look): Pass[] {
  // What moves and is filled looks like a ghost without a rim; as outline it has a faint one.
  if (!look.ghost && shell !== "outer") return [`${shell}_rim`];
  return look.ghost && look.style === "see_through" && shell === "inner" ? [] : [`${shell}_faint_rim`];
}
