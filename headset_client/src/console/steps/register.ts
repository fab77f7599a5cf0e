/** Step 4: what ties the case to the board on the patient, how far to trust it, and a person who accepts it. */

import { html, nothing } from "lit-html";

import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { type Act, goOn, lamp, type StepPage } from "../parts.ts";
import { registeringTemplate } from "../registering.ts";
import { seenTemplate } from "../seen.ts";
import { acceptObstacle, errorsTemplate, sharesTemplate, verdictTemplate, verdictWords } from "../verdict.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { session, registration } = state.heard;
  const track = session?.conditions.find(({ key }) => key === "track");
  const verdict = registration === undefined || session?.case_id == null ? null : verdictWords(registration);
  const body = html`<div class="columns">
    <div class="stack">
      <section class="card verdict" aria-labelledby="verdict-title">
        <h3 id="verdict-title">
          ${t("register.verdict")} ${verdict === null ? nothing : lamp(verdict.light, verdict.word)}
        </h3>
        ${
          registration === undefined || verdict === null
            ? html`<p>${t("next.register_first_patient")}</p>`
            : html`${errorsTemplate(registration)} ${verdictTemplate(registration)} ${sharesTemplate(registration)}`
        }
      </section>
      ${registeringTemplate(state, actions)}
    </div>
    <section class="card camera" aria-labelledby="sight-title">
      <h3 id="sight-title">
        ${t("register.board")} ${track === undefined ? nothing : lamp(track.ok ? "good" : "wait", t(track.ok ? "light.good" : "light.wait"))}
      </h3>
      ${track === undefined ? nothing : html`<p class="says">${h(track.words)}</p>`}
      ${seenTemplate(state.picture)}
    </section>
  </div>`;
  return { body, act: actOf(state, actions) };
}

/** ACCEPT, which the verdict alone makes possible; once accepted, the way on. */
export function actOf(state: Pick<ConsoleState, "heard">, actions: ConsoleActions): Act {
  const { registration } = state.heard;
  if (registration?.accepted === true) return goOn("register", actions);
  return {
    label: t("register.accept"),
    kind: "start",
    obstacle: acceptObstacle(registration),
    act: () => {
      const digest = registration?.digest;
      if (digest != null) actions.send({ type: "accept_registration", digest });
    },
  };
}
