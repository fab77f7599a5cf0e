/** What stands around every page: who and where, the six steps, how the session stands, and what to do next. */

import { html, nothing, type TemplateResult } from "lit-html";

import { ageText, expectedErrorText } from "../overlay/words.ts";
import type { ClientEntry, Session } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState, Note } from "./console_state.ts";
import { logHeadWords } from "./first_words.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { type Act, lamp, type StepPage, type WholePage } from "./parts.ts";
import { type Step, stepBefore, STEPS } from "./step_order.ts";
import { type Standings, standingsOf } from "./steps.ts";
import { stripTemplate } from "./strip.ts";

/** The page of the step, null while it is on its way, or the words that say why it does not come. */
export type Arriving = StepPage | WholePage | null | { readonly failed: true };

/** The whole page. */
export function shellTemplate(state: ConsoleState, page: Arriving, actions: ConsoleActions): TemplateResult {
  const { welcome, session } = state.heard;
  return html`
    ${topTemplate(state, actions)}
    <div class="note-place" role="alert">${state.note === null ? nothing : noteTemplate(state.note, actions)}</div>
    ${
      state.door !== null
        ? doorTemplate(state.door)
        : session === undefined || !state.begun
          ? html`<main class="page"><p class="card waiting">${t("shell.connecting")}</p></main>`
          : roomTemplate(state, session, page, actions)
    }
    <footer class="bottom">
      <span>${h(welcome?.research_use || t("shell.research_use"))}</span>
      <span class="number">${logHeadWords(state.heard.log_head)}</span>
    </footer>
  `;
}

/** What the browser's tab says: the state first, for whoever looks from another tab. */
export function titleWords(state: ConsoleState): string {
  const { session, welcome } = state.heard;
  const word = session === undefined ? "" : `${state.connected ? session.state : t("shell.no_link")} · `;
  return `${word}${welcome?.room_name ?? "orview"}`;
}

function topTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { welcome } = state.heard;
  const otherTheme = state.theme === "dark" ? "light" : "dark";
  const otherLanguage = state.language === "en" ? "de" : "en";
  return html`<header class="top">
    <h1>${welcome?.room_name ?? "orview"}</h1>
    <p class="host">${welcome === undefined ? nothing : t("shell.host", { name: welcome.host_name })}</p>
    ${welcome?.simulated ? html`<p class="simulated">${t("shell.simulated")}</p>` : nothing}
    <p class="link">${lamp(state.connected ? "good" : "bad", t(state.connected ? "shell.linked" : "shell.no_link"))}</p>
    <button type="button" class="switch" @click=${() => actions.light(otherTheme)}>
      ${t(otherTheme === "dark" ? "shell.to_dark" : "shell.to_light")}
    </button>
    <button type="button" class="switch" lang=${otherLanguage} @click=${() => actions.speak(otherLanguage)}>
      ${t("shell.language")}
    </button>
    ${state.door === null ? stripTemplate(state.heard, actions) : nothing}
  </header>`;
}

function doorTemplate(door: { message: string; mend: string }): TemplateResult {
  return html`<main class="page"><section class="card door">
    <h2>${t("shell.not_let_in")}</h2>
    <p>${h(door.message)}</p>
    <p>${h(door.mend)}</p>
  </section></main>`;
}

function roomTemplate(
  state: ConsoleState,
  session: Session,
  page: Arriving,
  actions: ConsoleActions,
): TemplateResult {
  if (page !== null && "whole" in page) return html`${bannerTemplate(state, session, actions)} ${page.whole}`;
  const standings = standingsOf(state);
  const { step } = state;
  const number = STEPS.indexOf(step) + 1;
  return html`
    ${bannerTemplate(state, session, actions)} ${railTemplate(step, standings, actions)}
    <main class="page" id="page-of-step" aria-labelledby="step-title">
      <h2 id="step-title" tabindex="-1">
        ${t(`step.${step}`)} <span class="which">${t("shell.step", { number })}</span>
      </h2>
      ${pageTemplate(page, state, actions)}
    </main>
    ${actTemplate(state, standings, page !== null && "act" in page ? page.act : null, actions)}
  `;
}

function pageTemplate(page: Exclude<Arriving, WholePage>, { planning, step }: ConsoleState, actions: ConsoleActions): TemplateResult {
  if (page === null) return html`<p class="card waiting">${t("shell.step_loading")}</p>`;
  if ("body" in page) return page.body;
  return html`<section class="card waiting">
    <p>${t("shell.step_missing")}</p>
    <button type="button" @click=${() => (planning ? actions.plan(true) : actions.go(step))}>${t("shell.try_again")}</button>
  </section>`;
}

/** The safe state in one word and why, and the numbers everybody asks for; HIDE ALL while something is shown. */
function bannerTemplate(state: ConsoleState, session: Session, actions: ConsoleActions): TemplateResult {
  const word = state.connected ? session.state : t("shell.no_link");
  const why = state.connected ? h(session.why) : t("shell.host_silent");
  const target = session.structures.find((structure) => structure.key === session.target_key);
  return html`
    <section class="banner" data-word=${state.connected ? session.state : "LOST"} aria-label=${t("shell.session")}>
      <p class="words" role="status">
        <strong class="word">${word}</strong>
        <span class="why">${why}</span>
      </p>
      <dl>
        <div>
          <dt>${t("shell.case")}</dt>
          <dd class="case-name">${session.case_name ?? t("shell.no_case")}</dd>
        </div>
        <div>
          <dt>${t("shell.expected_error", { target: target === undefined ? t("shell.the_target") : h(target.name) })}</dt>
          <dd class="number">${h(expectedErrorText(session.expected_error_mm))}</dd>
        </div>
        <div>
          <dt>${t("shell.oldest_pose")}</dt>
          <dd class="number">${h(ageText(oldestPoseMs(state.heard.clients?.clients ?? [])))}</dd>
        </div>
      </dl>
      ${hideTemplate(state, session, actions)}
    </section>
  `;
}

function hideTemplate(
  state: ConsoleState,
  session: Session,
  actions: ConsoleActions,
): TemplateResult | typeof nothing {
  const { view } = state.heard;
  if (view === undefined || session.case_id === null || session.state === "OFF") return nothing;
  return html`<button type="button" class="hide" @click=${() => actions.hideAll(!view.cleared)}>
    ${t(view.cleared ? "shell.show_again" : "shell.hide_all")}
  </button>`;
}

function oldestPoseMs(clients: readonly ClientEntry[]): number | null {
  const ages = clients.flatMap((client) => (client.shown && client.pose_age_ms !== null ? [client.pose_age_ms] : []));
  return ages.length === 0 ? null : Math.max(...ages);
}

function railTemplate(step: Step, standings: Standings, actions: ConsoleActions): TemplateResult {
  return html`<nav class="rail" aria-label=${t("shell.steps")}>
    <ol>
      ${STEPS.map((one, index) => {
        const { light, word } = standings[one];
        return html`<li>
          <button
            type="button"
            data-step=${one}
            aria-keyshortcuts=${index + 1}
            aria-current=${one === step ? "step" : "false"}
            @click=${() => actions.go(one)}
          >
            <span class="number">${index + 1}</span>
            <span class="name">${t(`step.${one}`)}</span>
            ${lamp(light, word)}
          </button>
        </li>`;
      })}
    </ol>
  </nav>`;
}

/** The sentence that says what to do next, the way back, and the one big button. */
function actTemplate(
  state: ConsoleState,
  standings: Standings,
  act: Act | null,
  actions: ConsoleActions,
): TemplateResult {
  const { light, word, next } = standings[state.step];
  const before = stepBefore(state.step);
  // A second click on the button of the page before must not press what begins or ends something here.
  const settling = act !== null && act.kind !== "go" && !state.settled;
  const obstacle = act === null ? null : act.obstacle;
  const off = act === null || settling || obstacle !== null;
  return html`<section class="act" aria-label=${t("shell.what_next")}>
    ${
      before === null
        ? nothing
        : html`<button type="button" class="back" @click=${() => actions.go(before)}>
            <span aria-hidden="true">‹</span>
            <span class="words">${t("shell.back", { step: t(`step.${before}`) })}</span>
          </button>`
    }
    <div class="next">
      <p role="status">${lamp(light, word)} <span class="sentence">${next}</span></p>
      <p class="hint" id="act-hint">${obstacle === null || obstacle === next ? nothing : obstacle}</p>
    </div>
    ${
      act === null
        ? nothing
        : html`<button
            type="button"
            class="big"
            data-kind=${act.kind}
            aria-disabled=${off ? "true" : "false"}
            data-settling=${settling ? "true" : "false"}
            aria-describedby="act-hint"
            @click=${() => !off && act.act()}
          >
            ${act.label}
          </button>`
    }
  </section>`;
}

function noteTemplate(note: Note, actions: ConsoleActions): TemplateResult {
  return html`<p class="note" data-weight=${note.weight}>
    <span>${h(note.text)}</span>
    <button type="button" @click=${() => actions.dismiss()}>${t("shell.close")}</button>
  </p>`;
}
