/** The legend's lines: one for both sides of a pair, in groups by what the drawing says of them. */

import { type Look, looksOf, noteOf, type Structure, type Wished } from "./look.ts";
import type { StageSight } from "./stage_sight.ts";

export interface Named extends Structure {
  readonly name: string;
  readonly color_srgb: readonly number[];
}

export interface Line {
  readonly name: string;
  readonly color_srgb: readonly number[];
  readonly look: Look;
}

export interface Group {
  /** What holds for all of the group; empty for what stands where it is drawn. */
  readonly note: string;
  readonly lines: readonly Line[];
}

const SIDE = / (left|right)$/;

/** Group the structures as a view draws them in a stage of the plan, keeping their order. */
export function legend(structures: readonly Named[], view?: Wished, sight: StageSight | null = null): Group[] {
  const looks = looksOf(structures, view, sight).byKey;
  const groups = new Map<string, Map<string, { line: Line; names: string[] }>>();
  for (const structure of structures) {
    const look = looks.get(structure.key)!;
    const note = noteOf(look);
    const lines = groups.get(note) ?? new Map<string, { line: Line; names: string[] }>();
    groups.set(note, lines);
    const { name, color_srgb } = structure;
    const base = name.replace(SIDE, "");
    // Drawn alike, both sides are one line.
    const drawn = `${base} ${look.style} ${look.step}`;
    const pair = lines.get(drawn);
    if (pair === undefined) lines.set(drawn, { line: { name, color_srgb, look }, names: [name] });
    else pair.names.push(name);
  }
  return [...groups].map(([note, lines]) => ({
    note,
    lines: [...lines.values()].map(({ line, names }) =>
      names.length === 1 ? line : { ...line, name: `${line.name.replace(SIDE, "")}, both` },
    ),
  }));
}
