/** Which stage everybody is in, and the way to the next and back. Another position of the patient ends LIVE: that is said first. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Plan, PlanStage, Session } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { t } from "./messages/messages.ts";
import { lockWords } from "./plan_card.ts";
import { lamp } from "./parts.ts";

/** The stage of the session, counted from 1; null without a locked plan that was told. */
export function stageNow(session: Session | undefined, plan: Plan | undefined): { readonly number: number; readonly stage: PlanStage } | null {
  if (session === undefined || plan === undefined || session.plan_digest === null || session.plan_digest !== plan.digest) return null;
  const stage = plan.stages[session.stage - 1];
  return stage === undefined ? null : { number: session.stage, stage };
}

/** Whether the patient lies otherwise in a stage (from 1) than in the one that is on. */
export function turns(plan: Plan, from: number, to: number): boolean {
  return plan.stages[from - 1]?.position !== plan.stages[to - 1]?.position;
}

/** What is asked for anew once the patient lies otherwise. */
export function askedAnew({ check_points }: Pick<ConsoleState["heard"], "check_points">): string {
  const points = check_points !== undefined && check_points.landmarks.length > 0;
  return t(points ? "stage.asks_points" : "stage.asks_registration");
}

/** The panel; nothing while no plan is locked. */
export function stageTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { session, plan } = state.heard;
  const now = stageNow(session, plan);
  if (session === undefined || plan === undefined || now === null) return nothing;
  const { number, stage } = now;
  const { light, word } = lockWords(plan);
  const planes = plan.planes.filter(({ key }) => stage.planes.includes(key)).map(({ name }) => name);
  return html`<section class="card staging" aria-labelledby="stage-title">
    <div class="stage-row">
      ${wayTemplate(plan, number, number - 1, t("stage.previous"), actions)}
      <div class="stage-now" role="status">
        <h3 id="stage-title">
          <span class="which">${t("stage.of", { number, count: plan.stages.length })}</span>
          <span class="name">${stage.name}</span>
        </h3>
        <p><strong>${t(`plan.position.${stage.position}`)}</strong>${planes.length === 0 ? "" : ` · ${planes.join(", ")}`}</p>
      </div>
      ${wayTemplate(plan, number, number + 1, t("stage.next"), actions)}
    </div>
    ${stage.notes === "" ? nothing : html`<p class="notes">${stage.notes}</p>`}
    <p class="hint">${t("plan.version", { version: plan.version })} ${lamp(light, word)}</p>
    ${state.picked.staging === null ? nothing : askTemplate(state, plan, number, state.picked.staging, actions)}
  </section>`;
}

function wayTemplate(
  plan: Plan,
  from: number,
  to: number,
  label: string,
  actions: ConsoleActions,
): TemplateResult {
  const stage = plan.stages[to - 1];
  const go = () => {
    if (stage === undefined) return;
    if (turns(plan, from, to)) actions.pick({ staging: to });
    else goTo(plan, to, actions);
  };
  return html`<button type="button" class="way" aria-disabled=${stage === undefined} @click=${go}>
    <span>${label}</span>
    <span class="detail">${stage === undefined ? t("stage.no_more") : stage.name}</span>
  </button>`;
}

function goTo(plan: Plan, stage: number, actions: ConsoleActions): void {
  if (plan.digest !== null) actions.send({ type: "go_to_stage", plan: plan.digest, stage });
  actions.pick({ staging: null });
}

/** The second thought before the patient is turned: the overlay ends with it. */
function askTemplate(state: ConsoleState, plan: Plan, from: number, to: number, actions: ConsoleActions): TemplateResult | typeof nothing {
  const stage = plan.stages[to - 1];
  if (stage === undefined || !turns(plan, from, to)) return nothing;
  const shown = state.heard.session?.state === "LIVE" || state.heard.session?.state === "LOST";
  return html`<div class="card asked" role="alert">
    <p>
      ${t("stage.turns", { name: stage.name, position: t(`plan.position.${stage.position}`) })}
      ${shown ? t("stage.ends_live") : nothing} ${askedAnew(state.heard)}
    </p>
    <div class="choices">
      <button type="button" class="stop" @click=${() => goTo(plan, to, actions)}>${t("stage.go", { name: stage.name })}</button>
      <button type="button" @click=${() => actions.pick({ staging: null })}>${t("stage.stay")}</button>
    </div>
  </div>`;
}
