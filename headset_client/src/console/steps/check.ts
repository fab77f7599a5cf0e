/** Step 5: what is checked before anything is shown. */

import { html, nothing } from "lit-html";

import { checkingTemplate } from "../checking.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { goOn, lamp, type StepPage } from "../parts.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { session } = state.heard;
  const body = html`<div class="columns">
    ${
      session === undefined
        ? nothing
        : html`<section class="card" aria-labelledby="conditions-title">
            <h3 id="conditions-title">${t("check.list")}</h3>
            <ul class="conditions">
              ${session.conditions.map(
                ({ ok, words }) => html`<li>${lamp(ok ? "good" : "wait", t(ok ? "light.good" : "light.wait"))} <span>${h(words)}</span></li>`,
              )}
            </ul>
          </section>`
    }
    ${checkingTemplate(state, actions)}
  </div>`;
  return { body, act: goOn("check", actions) };
}
