/** Step 5: the plan that is locked, the time-out, and the check points with what was off there. */

import { html } from "lit-html";

import { checkingTemplate } from "../checking.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { t } from "../messages/messages.ts";
import { goOn, type StepPage } from "../parts.ts";
import { lockAct, planTemplate } from "../plan_card.ts";
import { openConditions } from "../steps.ts";
import { timeOutTemplate } from "../time_out.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { session } = state.heard;
  const chosen = session !== undefined && session.case_id !== null;
  const body = chosen
    ? html`<div class="columns">
        ${timeOutTemplate(state, actions)}
        <div class="stack">${planTemplate(state, actions)} ${checkingTemplate(state, actions)}</div>
      </div>`
    : html`<p class="card">${t("next.register_first_patient")}</p>`;
  const unlocked = session !== undefined && openConditions(session, "check").some(({ key }) => key === "plan");
  return { body, act: (unlocked ? lockAct(state, actions) : null) ?? goOn("check", actions) };
}
