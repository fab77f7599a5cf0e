/** Touching with the tracked pointer: what its tip does and what to do with it, in words and in a lamp. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Pointer, Session, TipState } from "../protocol.gen.ts";
import type { ConsoleActions } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { lamp } from "./parts.ts";
import type { Light } from "./steps.ts";

const LIGHTS: Readonly<Record<TipState, Light>> = {
  absent: "wait",
  away: "wait",
  unseen: "bad",
  lift: "wait",
  moving: "wait",
  still: "good",
  taken: "good",
};

/** What the tip does, in the word of its lamp. */
export function tipWords(tip: TipState): { light: Light; word: string } {
  return { light: LIGHTS[tip], word: t(`tip.${tip}`) };
}

/** Whether check points can be touched with a pointer now. */
export function canTouch(pointer: Pointer | undefined, session: Session): pointer is Pointer {
  return pointer !== undefined && pointer.tip !== "absent" && session.state !== "OFF";
}

/** What the tip does while a touch is waited for, or what came of the last. */
export function pointerTemplate(pointer: Pointer, actions: ConsoleActions): TemplateResult {
  const { light, word } = tipWords(pointer.tip);
  const waits = pointer.landmark !== null;
  // The region stands before it has anything to say: only then are its words read out when they come.
  return html`<div class="pointer" data-waits=${waits ? "true" : "false"}>
    <p role="status">
      ${waits ? lamp(light, word) : nothing} ${h(pointer.words)}
    </p>
    ${waits ? html`<button type="button" @click=${() => actions.send({ type: "stop_touching" })}>${t("touch.stop")}</button>` : nothing}
  </div>`;
}

/** What the pointer does at check points, and the buttons that ask for it; nothing where there is no pointer. */
export function touchesTemplate(
  landmarks: readonly string[],
  pointer: Pointer | undefined,
  session: Session,
  actions: ConsoleActions,
): TemplateResult | typeof nothing {
  if (!canTouch(pointer, session)) return nothing;
  // What the tip does for another purpose is told there.
  const elsewhere = pointer.landmark !== null && !landmarks.includes(pointer.landmark);
  return html`${elsewhere ? nothing : pointerTemplate(pointer, actions)}
    <div class="touches">
      ${landmarks
        .filter((landmark) => landmark !== pointer.landmark)
        .map(
          (landmark) => html`<button type="button" class="touch" @click=${() => actions.send({ type: "touch_check_point", landmark })}>
            ${t("touch.point", { name: landmark })}
          </button>`,
        )}
    </div>`;
}
