/** The panel of check points: which landmark was touched, how far off the overlay was there, and what that means. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { CheckLandmark, CheckPoints, CheckWord } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { t } from "./messages/messages.ts";
import { lamp } from "./parts.ts";
import type { Light } from "./steps.ts";
import { touchesTemplate } from "./touching.ts";

const LIGHTS: Readonly<Record<CheckWord, Light>> = {
  agrees: "good",
  again: "wait",
  disagrees: "bad",
  too_coarse: "wait",
};

/** What came of a landmark, in the word of its lamp and numbers; an untouched one waits. */
export function landmarkWords(landmark: CheckLandmark): { light: Light; word: string; words: string } {
  const { touched } = landmark;
  if (touched === null) return { light: "wait", word: t("check.not_touched"), words: "" };
  return {
    light: LIGHTS[touched.word],
    word: t(`check.${touched.word}`),
    words: t("check.misfit", {
      misfit: touched.misfit_mm.toFixed(1),
      expected: touched.expected_mm.toFixed(1),
      by: t(`by.${touched.by}`),
    }),
  };
}

/** When the next touch is due, in one sentence; `minutesLeft` is null while none stands or the clock is unknown. */
export function dueWords(points: CheckPoints, minutesLeft: number | null): string {
  if (points.landmarks.length === 0) return t("check.none");
  if (points.due_ns === null) return t("check.due");
  if (minutesLeft === null) return "";
  if (minutesLeft <= 0) return t("check.due_now");
  return t("check.due_in", { minutes: minutesLeft });
}

/** The panel; nothing before the host told of check points or while no case is chosen. */
export function checkingTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { check_points: points, pointer, session } = state.heard;
  if (points === undefined || session === undefined || session.case_id === null) return nothing;
  const seconds = state.secondsUntil(points.due_ns);
  return html`<section class="card checks" aria-labelledby="checks-title">
    <h3 id="checks-title">${t("check.points")}</h3>
    <div role="status"><ul>
      ${points.landmarks.map((landmark) => {
        const { light, word, words } = landmarkWords(landmark);
        return html`<li>
          ${lamp(light, word)}
          <span class="name">${landmark.name}</span>
          <span class="detail number">${words}</span>
        </li>`;
      })}
    </ul></div>
    <p class="hint">${dueWords(points, seconds === null ? null : Math.floor(seconds / 60))}</p>
    ${touchesTemplate(
      points.landmarks.map((landmark) => landmark.name),
      pointer,
      session,
      actions,
    )}
    ${
      session.state === "OFF"
        ? nothing
        : html`<button type="button" class="moved" @click=${() => actions.send({ type: "patient_moved" })}>
            ${t("check.moved")}
          </button>`
    }
  </section>`;
}
