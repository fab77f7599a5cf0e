/** Step 5: the time-out, and the check points with what was off there. */

import { html } from "lit-html";

import { checkingTemplate } from "../checking.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { t } from "../messages/messages.ts";
import { goOn, type StepPage } from "../parts.ts";
import { timeOutTemplate } from "../time_out.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { session } = state.heard;
  const chosen = session !== undefined && session.case_id !== null;
  const body = chosen
    ? html`<div class="columns">
        ${timeOutTemplate(state, actions)}
        <div class="stack">${checkingTemplate(state, actions)}</div>
      </div>`
    : html`<p class="card">${t("next.register_first_patient")}</p>`;
  return { body, act: goOn("check", actions) };
}
