/**
 * What the stage that is on says of structures: how it draws them, which have come loose, and which have left the patient.
 *
 * The last two hold in every preset and over every wish of a person: what was mobilised may lie elsewhere, and what was
 * taken out is not there (hazard H35).
 */

import type { StageStyle } from "../protocol.gen.ts";
import type { StageNow } from "./staging.ts";

export interface StageSight {
  /** How the stage draws structures; one that it does not name it hides. */
  readonly looks: ReadonlyMap<string, StageStyle>;
  /** Taken from their place in this stage or before. */
  readonly loose: ReadonlySet<string>;
  /** Out of the patient. */
  readonly gone: ReadonlySet<string>;
}

/** What the stage that is on says; null without one. */
export function sightOf(now: StageNow | null): StageSight | null {
  if (now === null) return null;
  const { stages, specimen } = now.plan;
  const until = stages.slice(0, now.number);
  const looks = new Map(now.stage.looks.map(({ key, style }) => [key, style]));
  const loose = new Set(until.flatMap((stage) => stage.mobilises));
  const released = until.slice(0, -1).some((stage) => stage.releases_specimen);
  return { looks, loose, gone: new Set(released ? specimen : []) };
}
