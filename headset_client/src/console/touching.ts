/** Touching with the tracked pointer: what its tip does and what to do with it, in words and in a lamp. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Pointer, Session, TipState } from "../protocol.gen.ts";
import type { Light } from "./words.ts";

export interface TouchingActions {
  /** Wait for the tip to rest on a check point. */
  touchCheckPoint(landmark: string): void;
  stopTouching(): void;
}

const STATES: Readonly<Record<TipState, { light: Light; word: string }>> = {
  absent: { light: "wait", word: "NO POINTER" },
  away: { light: "wait", word: "NOT ASKED" },
  unseen: { light: "bad", word: "NOT SEEN" },
  lift: { light: "wait", word: "LIFT IT" },
  moving: { light: "wait", word: "MOVING" },
  still: { light: "good", word: "HOLD STILL" },
  taken: { light: "good", word: "TAKEN" },
};

/** What the tip does, in the word of its lamp. */
export function tipWords(tip: TipState): { light: Light; word: string } {
  return STATES[tip];
}

/** Whether check points can be touched with a pointer now. */
export function canTouch(pointer: Pointer | null, session: Session): pointer is Pointer {
  return pointer !== null && pointer.tip !== "absent" && session.state !== "OFF";
}

/** What the tip does while a touch is waited for, or what came of the last. */
export function pointerTemplate(pointer: Pointer, actions: Pick<TouchingActions, "stopTouching">): TemplateResult {
  const { light, word } = tipWords(pointer.tip);
  const waits = pointer.landmark !== null;
  // The region stands before it has anything to say: only then are its words read out when they come.
  return html`<div class="pointer" data-waits=${waits ? "true" : "false"}>
    <p role="status">
      ${waits ? html`<strong class="lamp" data-light=${light}>${word}</strong>` : nothing} ${pointer.words}
    </p>
    ${waits ? html`<button type="button" @click=${() => actions.stopTouching()}>Stop touching</button>` : nothing}
  </div>`;
}

/** What the pointer does at check points, and the buttons that ask for it; nothing where there is no pointer. */
export function touchesTemplate(
  landmarks: readonly string[],
  pointer: Pointer | null,
  session: Session,
  actions: TouchingActions,
): TemplateResult | typeof nothing {
  if (!canTouch(pointer, session)) return nothing;
  // What the tip does for another purpose is told there.
  const elsewhere = pointer.landmark !== null && !landmarks.includes(pointer.landmark);
  return html`${elsewhere ? nothing : pointerTemplate(pointer, actions)}
    <div class="touches">
      ${landmarks
        .filter((landmark) => landmark !== pointer.landmark)
        .map(
          (landmark) => html`<button type="button" class="touch" @click=${() => actions.touchCheckPoint(landmark)}>
            Touch ${landmark} with the pointer
          </button>`,
        )}
    </div>`;
}
