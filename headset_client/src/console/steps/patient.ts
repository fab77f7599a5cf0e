/** Step 1: which case, made or to be made, and whether it is this patient's. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { CaseEntry, Session } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { registrationWords } from "../first_words.ts";
import { dateWords, t } from "../messages/messages.ts";
import { type Act, goOn, lamp, type StepPage } from "../parts.ts";
import { isIdentified, isPlanned, type Judged } from "../steps.ts";

/** Why another case cannot be chosen now, or null. */
export function selectObstacle(session: Session): string | null {
  return session.state === "LIVE" || session.state === "LOST" ? t("patient.stop_first") : null;
}

/** Why the session cannot be opened with the chosen case, or null. */
export function openObstacle(state: Judged): string | null {
  const { session } = state.heard;
  if (session === undefined || session.case_id === null) return t("patient.choose_first");
  if (!isIdentified(session)) return t("next.identify");
  return isPlanned(state.heard) ? null : t("next.procedure");
}

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { session, cases } = state.heard;
  const body = html`<div class="columns">
    <div class="stack">
      ${session === undefined ? nothing : casesTemplate(cases?.cases ?? [], session, actions)}
      ${planTemplate(state, actions)}
    </div>
    <div class="stack">
      ${state.identifying?.identityTemplate(state, actions) ?? nothing}
      ${state.making?.preparingTemplate(state, actions) ?? nothing}
    </div>
  </div>`;
  return { body, act: actOf(state, actions) };
}

function actOf(state: ConsoleState, actions: ConsoleActions): Act {
  const { session } = state.heard;
  if (session !== undefined && session.state !== "OFF" && openObstacle(state) === null) return goOn("patient", actions);
  return {
    label: t("patient.open"),
    kind: "start",
    obstacle: openObstacle(state),
    act: () => {
      actions.send({ type: "start" });
      actions.go("team");
    },
  };
}

/** Whether the chosen case has a plan, and the way to the page that draws it. */
function planTemplate({ heard: { session, plan } }: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  if (session === undefined || session.case_id === null) return nothing;
  const version = plan?.newest_version ?? 0;
  return html`<section class="card plan" aria-labelledby="plan-title">
    <h3 id="plan-title">${t("plan.title")}</h3>
    <p>${version === 0 ? t("plan.none") : t("plan.version", { version })}</p>
    <button type="button" @click=${() => actions.plan(true)}>${t(version === 0 ? "plan.draw" : "plan.open")}</button>
  </section>`;
}

function casesTemplate(cases: readonly CaseEntry[], session: Session, actions: ConsoleActions): TemplateResult {
  const obstacle = selectObstacle(session);
  return html`<section class="card" aria-labelledby="cases-title">
    <h3 id="cases-title">${t("patient.cases")}</h3>
    ${
      cases.length === 0
        ? html`<p class="empty">${t("patient.no_case")} <code>orview prepare FOLDER</code></p>`
        : html`<ul class="cases">
            ${cases.map((entry) => caseTemplate(entry, session, obstacle, actions))}
          </ul>`
    }
    ${obstacle === null ? nothing : html`<p class="hint">${obstacle}</p>`}
  </section>`;
}

function caseTemplate(
  entry: CaseEntry,
  session: Session,
  obstacle: string | null,
  actions: ConsoleActions,
): TemplateResult {
  const { light, words } = registrationWords(entry);
  const chosen = entry.case_id === session.case_id;
  return html`<li>
    <button
      type="button"
      class="case"
      aria-pressed=${chosen ? "true" : "false"}
      aria-disabled=${obstacle === null ? "false" : "true"}
      @click=${() => obstacle === null && actions.send({ type: "select_case", case_id: entry.case_id })}
    >
      ${entry.picture === null ? nothing : html`<img src=${entry.picture} width="96" height="72" alt="" />`}
      <span class="name">${entry.name}</span>
      <span class="chosen">${chosen ? t("patient.chosen") : nothing}</span>
      <span class="detail">
        ${t("patient.structures", { when: dateWords(entry.created_utc), count: entry.structures })}
      </span>
      <span class="detail">${lamp(light, t(`light.${light}`))} ${words}</span>
    </button>
  </li>`;
}
