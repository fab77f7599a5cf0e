/** How the structures of a draft's stage are drawn: as it says, but for what came loose by then, and for what is gone. */

import { FIRST_VIEW } from "../../overlay/presets.ts";
import type { DraftStage, StageStyle, StructureEntry, View } from "../../protocol.gen.ts";

const STEPS = { solid: 4, see_through: 2, outline: 2, hidden: 1 } as const;

/** The looks of a stage (from 0), by key; what a stage does not name is hidden (`looks_in` of orview/plan/stages.py). */
export function looksIn(
  stages: readonly DraftStage[],
  number: number,
  structures: readonly Pick<StructureEntry, "key" | "rigid">[],
  specimen: readonly string[],
): ReadonlyMap<string, StageStyle> {
  const mobilised = new Set(stages.slice(0, number + 1).flatMap(({ mobilises }) => mobilises));
  const released = stages.slice(0, number).some(({ releases_specimen }) => releases_specimen);
  const rigid = new Map(structures.map(({ key, rigid }) => [key, rigid]));
  return new Map(
    (stages[number]?.looks ?? []).map(({ key, style }): [string, StageStyle] => {
      if (released && specimen.includes(key)) return [key, "hidden"];
      const loose = rigid.get(key) === false && mobilised.has(key);
      return [key, loose && style !== "hidden" ? "ghost" : style];
    }),
  );
}

/** A view that draws structures so; a ghost is an outline of what says of itself that it moves. */
export function viewOf(structures: readonly StructureEntry[], looks: ReadonlyMap<string, StageStyle>): View {
  return {
    ...FIRST_VIEW,
    styles: structures.map(({ key }) => {
      const look = looks.get(key) ?? "hidden";
      const style = look === "ghost" ? "outline" : look;
      return { key, style, opacity_step: STEPS[style] };
    }),
  };
}
