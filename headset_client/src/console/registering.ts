/** Registering the chosen case by touch: its landmarks in order, which are touched, and what error that promises. */

import { html, nothing, type TemplateResult } from "lit-html";

import { expectedErrorText } from "../overlay/words.ts";
import type { Landmarks, Pointer, Session } from "../protocol.gen.ts";
import { pointerTemplate } from "./touching.ts";

export interface RegisteringActions {
  touchLandmarks(): void;
  touchAgain(landmark: string): void;
  registerTouched(): void;
  stopTouching(): void;
}

/** Why the landmarks cannot be touched now, or null. */
export function touchObstacle(landmarks: Landmarks, session: Session): string | null {
  if (session.state === "LIVE" || session.state === "LOST") return "Stop the session before registering anew.";
  return landmarks.state === "working" ? "The case is being registered." : null;
}

/** Why the case cannot be registered by what was touched, or null. */
export function registerObstacle(landmarks: Landmarks, session: Session): string | null {
  const touched = landmarks.landmarks.filter((landmark) => landmark.touched).length;
  if (touched < landmarks.fewest) return `${touched} of at least ${landmarks.fewest} landmarks are touched.`;
  return touchObstacle(landmarks, session);
}

/** "Expected error at the target: 1.4 mm (95 %) with what is touched." */
export function promiseWords(landmarks: Landmarks): string {
  if (landmarks.expected_error_mm === null) return "";
  return `Expected error at the target: ${expectedErrorText(landmarks.expected_error_mm)} with what is touched.`;
}

/** The panel; nothing without a pointer or where the chosen case has no landmarks. */
export function registeringTemplate(
  landmarks: Landmarks | null,
  pointer: Pointer | null,
  session: Session,
  actions: RegisteringActions,
): TemplateResult | typeof nothing {
  if (landmarks === null || landmarks.landmarks.length === 0 || session.case_id === null) return nothing;
  if (pointer === null || pointer.tip === "absent") return nothing;
  const begun = landmarks.state === "touching" || landmarks.landmarks.some((landmark) => landmark.touched);
  const touch = touchObstacle(landmarks, session);
  const register = registerObstacle(landmarks, session);
  return html`<section class="registering" aria-labelledby="registering-title">
    <h3 id="registering-title">Register by touch</h3>
    ${begun ? listTemplate(landmarks, pointer, touch, actions) : nothing}
    ${landmarks.state === "touching" ? pointerTemplate(pointer, actions) : nothing}
    <p role="status">${landmarks.state === "working" ? "The case is being registered." : landmarks.words}</p>
    <button
      type="button"
      class="touch"
      aria-disabled=${touch === null ? "false" : "true"}
      aria-describedby="touch-hint"
      @click=${() => touch === null && actions.touchLandmarks()}
    >
      ${begun ? "Begin anew" : "Touch the landmarks with the pointer"}
    </button>
    <p class="hint" id="touch-hint">${touch ?? ""}</p>
    ${
      begun
        ? html`<button
              type="button"
              class="touch"
              aria-disabled=${register === null ? "false" : "true"}
              aria-describedby="register-hint"
              @click=${() => register === null && actions.registerTouched()}
            >
              REGISTER
            </button>
            <p class="hint" id="register-hint">${register ?? promiseWords(landmarks)}</p>`
        : nothing
    }
  </section>`;
}

function listTemplate(
  landmarks: Landmarks,
  pointer: Pointer,
  obstacle: string | null,
  actions: RegisteringActions,
): TemplateResult {
  const now = landmarks.state === "touching" ? pointer.landmark : null;
  return html`<ol>
    ${landmarks.landmarks.map(({ name, touched }) => {
      const word = touched ? "TOUCHED" : name === now ? "NOW" : "OPEN";
      return html`<li aria-current=${name === now ? "step" : "false"}>
        <strong class="lamp" data-light=${touched ? "good" : "wait"}>${word}</strong>
        <span class="name">${name}</span>
        <button
          type="button"
          aria-label="Touch ${name} ${touched ? "again" : "now"}"
          aria-disabled=${obstacle === null && name !== now ? "false" : "true"}
          @click=${() => obstacle === null && name !== now && actions.touchAgain(name)}
        >
          ${touched ? "Again" : "Now"}
        </button>
      </li>`;
    })}
  </ol>`;
}
