/**
 * Where the case is in its plan: the stage that everybody sees, its words, and what comes before and after it.
 *
 * There is a stage only where the plan that is here is the one the session locked: everything that is drawn of a plan
 * hangs on that (hazard H17).
 */

import type { PatientPosition, StageStyle } from "../protocol.gen.ts";

/** A stage as the plan tells it. */
export interface Stage {
  readonly key: string;
  readonly name: string;
  readonly position: PatientPosition;
  readonly looks: readonly { readonly key: string; readonly style: StageStyle }[];
  readonly planes: readonly string[];
  readonly mobilises: readonly string[];
  readonly releases_specimen: boolean;
}

/** What is asked of a plan here. */
export interface Staged {
  readonly digest: string | null;
  readonly stages: readonly Stage[];
  readonly specimen: readonly string[];
}

/** What is asked of a session here: the plan it locked, and the stage of it, from 1; 0 for none. */
export interface InStage {
  readonly plan_digest: string | null;
  readonly stage: number;
}

/** The stage that is on. */
export interface StageNow {
  readonly plan: Staged;
  readonly digest: string;
  /** From 1. */
  readonly number: number;
  readonly stage: Stage;
}

/** One stage on or back: where that leads, or why it leads nowhere. */
export type Step =
  | {
      readonly digest: string;
      readonly number: number;
      readonly to: Stage;
      /** The patient lies otherwise there: the overlay ends. */
      readonly turns: boolean;
    }
  | { readonly words: string };

const POSITIONS: Readonly<Record<PatientPosition, string>> = {
  supine: "supine",
  prone: "prone",
  left_side: "on the left side",
  right_side: "on the right side",
};

/** The stage that is on; null without a locked plan, and while the plan that is here is another one. */
export function stageNow(plan: Staged | null, session: InStage | null): StageNow | null {
  if (plan === null || session === null || plan.digest === null || plan.digest !== session.plan_digest) return null;
  const stage = plan.stages[session.stage - 1];
  return stage === undefined ? null : { plan, digest: plan.digest, number: session.stage, stage };
}

/** "Stage 2 of 3: From behind, prone"; empty without a stage. */
export function stageWords(now: StageNow | null): string {
  if (now === null) return "";
  const { name, position } = now.stage;
  return `Stage ${now.number} of ${now.plan.stages.length}: ${name}, ${POSITIONS[position]}`;
}

/** Where one stage on (1) or back (-1) leads. */
export function stepFrom(now: StageNow | null, by: 1 | -1): Step {
  if (now === null) return { words: "There is no locked plan." };
  const number = now.number + by;
  const to = now.plan.stages[number - 1];
  if (to === undefined) return { words: by === 1 ? "This is the last stage." : "This is the first stage." };
  return { digest: now.digest, number, to, turns: to.position !== now.stage.position };
}

/** What a person is asked before the patient is turned: "Next: From behind. The patient is turned: the overlay ends." */
export function turnWords(to: Stage, by: 1 | -1): string {
  return `${by === 1 ? "Next" : "Back"}: ${to.name}. The patient is turned: the overlay ends.`;
}
