/** What is drawn of the draft's planes, in the 3D view and in slices: where each lies, its cut line, and its verdict in word and tone. */

import type { MarginVerdict, PlaneTold, PlanPlane } from "../../protocol.gen.ts";
import { t } from "../messages/messages.ts";
import type { Light } from "../steps.ts";

/** How a plane is told by colour; beside it always stands the word. */
export type Tone = "good" | "wait" | "bad" | "unknown";

export interface ShownLine {
  readonly plane: PlanPlane;
  readonly tone: Tone;
  readonly verdict: MarginVerdict | null;
  /** The cut line on bone: stretches one after the other, patient metres. */
  readonly lineM: readonly number[];
  readonly chosen: boolean;
  /** Whether the stage looked at cuts here. */
  readonly ofStage: boolean;
  /** Name and verdict. */
  readonly words: string;
}

/** As headsets have them: told apart by those who see no red or no green, and bright on the ground of pictures in both themes. */
export const TONE_COLORS: Readonly<Record<Tone, number>> = { good: 0x48e0e4, wait: 0xffb000, bad: 0xff6a3c, unknown: 0xb8c4cc };
const NO_LINE: readonly number[] = [];

/** The verdict on a plane: a light and its word; null while the host has not told. */
export function verdictOf(facts: PlaneTold | null): { readonly light: Light; readonly word: string } | null {
  if (facts === null) return null;
  if (facts.refusal !== "") return { light: "bad", word: t("plan.cannot_be") };
  const light = ({ kept: "good", not_safe: "wait", not_kept: "bad" } as const)[facts.verdict];
  return { light, word: t(`plan.verdict.${facts.verdict}`) };
}

/** How planes are drawn; `factsOf` tells what the host said of each, `inStage` which the stage looked at cuts. */
export function shownLines(
  planes: readonly PlanPlane[],
  factsOf: (key: string) => PlaneTold | null,
  inStage: readonly string[],
  chosenKey: string | null,
): ShownLine[] {
  return planes.map((plane) => {
    const facts = factsOf(plane.key);
    const verdict = verdictOf(facts);
    return {
      plane,
      tone: verdict?.light ?? "unknown",
      verdict: facts?.verdict ?? null,
      lineM: facts?.line_m ?? NO_LINE,
      chosen: plane.key === chosenKey,
      ofStage: inStage.includes(plane.key),
      words: verdict === null ? plane.name : `${plane.name}: ${verdict.word}`,
    };
  });
}
