/**
 * Which structures are named beside the model: few enough to be read, none over another.
 *
 * Names are chosen by how near their structures lie to the middle of the view, with a start for what matters most and
 * for what is named already, so that names do not flicker while the head moves a little.
 */

import type { StructureKind } from "../protocol.gen.ts";

export const MOST_LABELS = 8;
/** Height of a name and mean width of a letter, as tangents of angles: a degree of text. */
export const LABEL_HEIGHT = 0.022;
export const LETTER_WIDTH = 0.0105;
/** Names farther from the middle of the view are not read, as a tangent. */
const FARTHEST = 0.6;
/** What is named: a structure, or a plane of the plan. */
export type NamedKind = StructureKind | "plane";

/** How much nearer to the middle it counts than it is. */
const START: Readonly<Record<NamedKind, number>> = {
  tumour: 0.3,
  plane: 0.3,
  nerve: 0.08,
  vessel: 0.05,
  organ: 0.02,
  bone: 0,
  other: 0,
  muscle: -0.1,
  skin: -0.3,
};
const START_OF_NAMED = 0.05;

export interface Candidate {
  readonly name: string;
  readonly kind: NamedKind;
  /** Where its name would stand: right and up from the middle of the view, as tangents; z is before the eye, metres. */
  x: number;
  y: number;
  z: number;
}

/** Choose the candidates to name, as their positions in the list; `named` are those that are named now. */
export function chooseLabels(candidates: readonly Candidate[], named: ReadonlySet<number>): number[] {
  const ranked = candidates
    .map((candidate, at) => ({ at, candidate, score: scoreOf(candidate, named.has(at)) }))
    .filter(({ candidate }) => candidate.z > 0 && Math.hypot(candidate.x, candidate.y) <= FARTHEST)
    .sort((one, other) => one.score - other.score || one.at - other.at);
  const chosen: number[] = [];
  for (const { at, candidate } of ranked) {
    if (chosen.length >= MOST_LABELS) break;
    if (chosen.every((other) => !overlap(candidate, candidates[other]!))) chosen.push(at);
  }
  return chosen;
}

/** A structure's name as it is short enough to stand beside it: "S1 left" for the root of that name. */
export function shortName(name: string): string {
  return name.replace(/^Nerve root /, "");
}

function scoreOf(candidate: Candidate, isNamed: boolean): number {
  return Math.hypot(candidate.x, candidate.y) - START[candidate.kind] - (isNamed ? START_OF_NAMED : 0);
}

function overlap(one: Candidate, other: Candidate): boolean {
  const width = (LETTER_WIDTH * (one.name.length + other.name.length)) / 2 + LETTER_WIDTH;
  return Math.abs(one.x - other.x) < width && Math.abs(one.y - other.y) < LABEL_HEIGHT;
}
