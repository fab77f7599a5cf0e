/** Which stage everybody is in, and the way to the next and back. Another position of the patient ends LIVE: that is said first. */

import { html, nothing, type TemplateResult } from "lit-html";

import { stageNow, type Step, stepFrom } from "../overlay/staging.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { t } from "./messages/messages.ts";
import { lockWords } from "./plan_card.ts";
import { lamp } from "./parts.ts";

/** What is asked for anew once the patient lies otherwise. */
export function askedAnew({ check_points }: Pick<ConsoleState["heard"], "check_points">): string {
  const points = check_points !== undefined && check_points.landmarks.length > 0;
  return t(points ? "stage.asks_points" : "stage.asks_registration");
}

/** The panel; nothing while no plan is locked. */
export function stageTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { session, plan } = state.heard;
  const now = stageNow(plan ?? null, session ?? null);
  const stage = plan?.stages[(now?.number ?? 0) - 1];
  if (plan === undefined || now === null || stage === undefined) return nothing;
  const { light, word } = lockWords(plan);
  const planes = plan.planes.filter(({ key }) => stage.planes.includes(key)).map(({ name }) => name);
  return html`<section class="card staging" aria-labelledby="stage-title">
    <div class="stage-row">
      ${wayTemplate(stepFrom(now, -1), t("stage.previous"), actions)}
      <div class="stage-now" role="status">
        <h3 id="stage-title">
          <span class="which">${t("stage.of", { number: now.number, count: plan.stages.length })}</span>
          <span class="name">${stage.name}</span>
        </h3>
        <p><strong>${t(`plan.position.${stage.position}`)}</strong>${planes.length === 0 ? "" : ` · ${planes.join(", ")}`}</p>
      </div>
      ${wayTemplate(stepFrom(now, 1), t("stage.next"), actions)}
    </div>
    ${stage.notes === "" ? nothing : html`<p class="notes">${stage.notes}</p>`}
    <p class="hint">${t("plan.version", { version: plan.version })} ${lamp(light, word)}</p>
    ${askTemplate(state, [stepFrom(now, -1), stepFrom(now, 1)], actions)}
  </section>`;
}

function wayTemplate(step: Step, label: string, actions: ConsoleActions): TemplateResult {
  const go = () => {
    if ("words" in step) return;
    if (step.turns) actions.pick({ staging: step.number });
    else goTo(step, actions);
  };
  return html`<button type="button" class="way" aria-disabled=${"words" in step} @click=${go}>
    <span>${label}</span>
    <span class="detail">${"words" in step ? t("stage.no_more") : step.to.name}</span>
  </button>`;
}

function goTo({ digest, number }: Exclude<Step, { readonly words: string }>, actions: ConsoleActions): void {
  actions.send({ type: "go_to_stage", plan: digest, stage: number });
  actions.pick({ staging: null });
}

/** The second thought before the patient is turned: the overlay ends with it. */
function askTemplate({ heard, picked }: ConsoleState, steps: readonly Step[], actions: ConsoleActions): TemplateResult | typeof nothing {
  const step = steps.find((one) => !("words" in one) && one.number === picked.staging);
  if (step === undefined || "words" in step || !step.turns) return nothing;
  const shown = heard.session?.state === "LIVE" || heard.session?.state === "LOST";
  const { name, position } = step.to;
  return html`<div class="card asked" role="alert">
    <p>
      ${t("stage.turns", { name, position: t(`plan.position.${position}`) })} ${shown ? t("stage.ends_live") : nothing} ${askedAnew(heard)}
    </p>
    <div class="choices">
      <button type="button" class="stop" @click=${() => goTo(step, actions)}>${t("stage.go", { name })}</button>
      <button type="button" @click=${() => actions.pick({ staging: null })}>${t("stage.stay")}</button>
    </div>
  </div>`;
}
