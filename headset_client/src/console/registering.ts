/** Registering the chosen case by touch: its landmarks in order, which are touched, and what error that promises. */

import { html, nothing, type TemplateResult } from "lit-html";

import { expectedErrorText } from "../overlay/words.ts";
import type { Landmarks, Pointer, Session } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { button, lamp } from "./parts.ts";
import { pointerTemplate } from "./touching.ts";

/** Why the landmarks cannot be touched now, or null. */
export function touchObstacle(landmarks: Landmarks, session: Session): string | null {
  if (session.state === "LIVE" || session.state === "LOST") return t("register.stop_first");
  return landmarks.state === "working" ? t("register.working") : null;
}

/** Why the case cannot be registered by what was touched, or null. */
export function registerObstacle(landmarks: Landmarks, session: Session): string | null {
  const touched = landmarks.landmarks.filter((landmark) => landmark.touched).length;
  if (touched < landmarks.fewest) return t("register.fewest", { touched, fewest: landmarks.fewest });
  return touchObstacle(landmarks, session);
}

/** "Expected error at the target: 1.4 mm (95 %) with what is touched." */
export function promiseWords(landmarks: Landmarks): string {
  if (landmarks.expected_error_mm === null) return "";
  return t("register.promise", { error: h(expectedErrorText(landmarks.expected_error_mm)) });
}

/** The panel; nothing without a pointer or where the chosen case has no landmarks. */
export function registeringTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { landmarks, pointer, session } = state.heard;
  if (landmarks === undefined || landmarks.landmarks.length === 0) return nothing;
  if (session === undefined || session.case_id === null) return nothing;
  if (pointer === undefined || pointer.tip === "absent") return nothing;
  const begun = landmarks.state === "touching" || landmarks.landmarks.some((landmark) => landmark.touched);
  const touch = touchObstacle(landmarks, session);
  return html`<section class="card registering" aria-labelledby="registering-title">
    <h3 id="registering-title">${t("register.touch_title")}</h3>
    ${begun ? listTemplate(landmarks, pointer, touch, actions) : nothing}
    ${landmarks.state === "touching" ? pointerTemplate(pointer, actions) : nothing}
    <p role="status">${landmarks.state === "working" ? t("register.working") : h(landmarks.words)}</p>
    ${button(begun ? t("register.begin_anew") : t("register.touch"), {
      name: "touch",
      class: "touch",
      obstacle: touch,
      act: () => actions.send({ type: "touch_landmarks" }),
    })}
    ${
      begun
        ? html`${button(t("register.register"), {
              name: "register",
              class: "touch",
              obstacle: registerObstacle(landmarks, session),
              act: () => actions.send({ type: "register_touched" }),
            })}
            <p class="hint">${promiseWords(landmarks)}</p>`
        : nothing
    }
  </section>`;
}

function listTemplate(
  landmarks: Landmarks,
  pointer: Pointer,
  obstacle: string | null,
  actions: ConsoleActions,
): TemplateResult {
  const now = landmarks.state === "touching" ? pointer.landmark : null;
  return html`<ol>
    ${landmarks.landmarks.map(({ name, touched }) => {
      const word = t(touched ? "register.touched" : name === now ? "register.now" : "register.open");
      return html`<li aria-current=${name === now ? "step" : "false"}>
        ${lamp(touched ? "good" : "wait", word)}
        <span class="name">${name}</span>
        <button
          type="button"
          aria-label=${t(touched ? "register.touch_again" : "register.touch_now", { name })}
          aria-disabled=${obstacle === null && name !== now ? "false" : "true"}
          @click=${() => obstacle === null && name !== now && actions.send({ type: "touch_again", landmark: name })}
        >
          ${t(touched ? "register.again" : "register.now_button")}
        </button>
      </li>`;
    })}
  </ol>`;
}
