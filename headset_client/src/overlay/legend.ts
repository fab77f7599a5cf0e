/** The legend's lines: one for both sides of a pair, in groups by what the drawing says of them. */

import { lookOf, type Style } from "./look.ts";

export interface Named {
  readonly key: string;
  readonly name: string;
  readonly rigid: boolean;
  readonly color_srgb: readonly number[];
}

export interface Line {
  readonly name: string;
  readonly color_srgb: readonly number[];
  readonly style: Style;
}

export interface Group {
  /** What holds for all of the group; empty for what stands where it is drawn. */
  readonly note: string;
  readonly lines: readonly Line[];
}

const SIDE = / (left|right)$/;

/** Group the structures, keeping their order. */
export function legend(structures: readonly Named[]): Group[] {
  const groups = new Map<string, Map<string, { line: Line; names: string[] }>>();
  for (const structure of structures) {
    const look = lookOf(structure);
    const lines = groups.get(look.note) ?? new Map<string, { line: Line; names: string[] }>();
    groups.set(look.note, lines);
    const base = structure.name.replace(SIDE, "");
    const pair = lines.get(base);
    if (pair === undefined) {
      lines.set(base, {
        line: { name: structure.name, color_srgb: structure.color_srgb, style: look.style },
        names: [structure.name],
      });
    } else pair.names.push(structure.name);
  }
  return [...groups].map(([note, lines]) => ({
    note,
    lines: [...lines].map(([base, { line, names }]) => (names.length === 1 ? line : { ...line, name: `${base}, both` })),
  }));
}
