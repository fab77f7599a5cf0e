/** The panel of check points: which landmark was touched, how far off the overlay was there, and what that means. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { CheckLandmark, CheckPoints, CheckWord, Pointer, Session } from "../protocol.gen.ts";
import { touchesTemplate, type TouchingActions } from "./touching.ts";
import { type Light, roleWords } from "./words.ts";

export interface CheckingActions extends TouchingActions {
  patientMoved(): void;
}

const LIGHTS: Readonly<Record<CheckWord, Light>> = {
  agrees: "good",
  again: "wait",
  disagrees: "bad",
  too_coarse: "wait",
};
const LAMP_WORDS: Readonly<Record<CheckWord, string>> = {
  agrees: "AGREES",
  again: "AGAIN",
  disagrees: "DO NOT USE",
  too_coarse: "TOO COARSE",
};

/** What came of a landmark, in the word of its lamp and numbers; an untouched one waits. */
export function landmarkWords(landmark: CheckLandmark): { light: Light; word: string; words: string } {
  const { touched } = landmark;
  if (touched === null) return { light: "wait", word: "NOT TOUCHED", words: "" };
  return {
    light: LIGHTS[touched.word],
    word: LAMP_WORDS[touched.word],
    words: `${touched.misfit_mm.toFixed(1)} mm off, ${touched.expected_mm.toFixed(1)} mm expected (95 %), by the ${roleWords(touched.by).toLowerCase()}`,
  };
}

/** When the next touch is due, in one sentence; `minutesLeft` is null while none stands or the clock is unknown. */
export function dueWords(points: CheckPoints, minutesLeft: number | null): string {
  if (points.landmarks.length === 0) return "This case has no check points: add them with orview checkpoints.";
  if (points.due_ns === null) return "Touch one with the tip of a tracked instrument before you confirm.";
  if (minutesLeft === null) return "";
  if (minutesLeft <= 0) return "Touch one again now.";
  return `Touch one again within ${minutesLeft} min.`;
}

/** The panel; nothing before the host told of check points or while no case is chosen. */
export function checkingTemplate(
  points: CheckPoints | null,
  pointer: Pointer | null,
  session: Session,
  minutesLeft: number | null,
  actions: CheckingActions,
): TemplateResult | typeof nothing {
  if (points === null || session.case_id === null) return nothing;
  return html`<section class="checks" aria-labelledby="checks-title">
    <h3 id="checks-title">Check points</h3>
    <div role="status"><ul>
      ${points.landmarks.map((landmark) => {
        const { light, word, words } = landmarkWords(landmark);
        return html`<li>
          <strong class="lamp" data-light=${light}>${word}</strong>
          <span class="name">${landmark.name}</span>
          <span class="detail number">${words}</span>
        </li>`;
      })}
    </ul></div>
    <p class="hint">${dueWords(points, minutesLeft)}</p>
    ${touchesTemplate(
      points.landmarks.map((landmark) => landmark.name),
      pointer,
      session,
      actions,
    )}
    ${
      session.state === "OFF"
        ? nothing
        : html`<button type="button" class="moved" @click=${() => actions.patientMoved()}>
            Patient or table was moved
          </button>`
    }
  </section>`;
}
