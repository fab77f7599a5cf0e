/** Step 4: the case and the board on the patient, and how far to trust what ties them. */

import { html, nothing } from "lit-html";

import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { registrationWords } from "../first_words.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { goOn, lamp, type StepPage } from "../parts.ts";
import { registeringTemplate } from "../registering.ts";
import { seenTemplate } from "../seen.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { session, cases } = state.heard;
  const entry = cases?.cases.find(({ case_id }) => case_id === session?.case_id);
  const verdict = entry === undefined ? null : registrationWords(entry);
  const track = session?.conditions.find(({ key }) => key === "track");
  const registration = session?.conditions.find(({ key }) => key === "registration");
  const body = html`<div class="columns">
    <div class="stack">
      <section class="card" aria-labelledby="verdict-title">
        <h3 id="verdict-title">
          ${t("register.verdict")} ${verdict === null ? nothing : lamp(verdict.light, t(`light.${verdict.light}`))}
        </h3>
        <p>${registration === undefined ? t("next.register_first_patient") : h(registration.words)}</p>
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
  return { body, act: goOn("register", actions) };
}
