/** The plan before START: what it means in words, whether it is locked, and the way to lock it. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { MarginVerdict, Plan } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { type Act, lamp } from "./parts.ts";
import { lowestTemplate, publishedTemplate } from "./published.ts";
import type { Light } from "./steps.ts";

export const VERDICT_LIGHTS: Readonly<Record<MarginVerdict, Light>> = { kept: "good", not_safe: "wait", not_kept: "bad" };

/** Whether a version stands that is not the locked one. */
export function isOpen(plan: Plan | undefined): plan is Plan & { readonly newest_digest: string } {
  return plan !== undefined && plan.newest_digest !== null && !(plan.locked && plan.digest === plan.newest_digest);
}

/** How the plan stands, in a light and its word. */
export function lockWords(plan: Plan): { readonly light: Light; readonly word: string } {
  if (!plan.locked) return { light: "wait", word: t("plan.not_locked") };
  return isOpen(plan) ? { light: "bad", word: t("plan.newer") } : { light: "good", word: t("plan.locked") };
}

/** The big button that locks the newest version, where there is one to lock. */
export function lockAct({ heard: { plan, session } }: Pick<ConsoleState, "heard">, actions: ConsoleActions): Act | null {
  if (!isOpen(plan) || session === undefined || session.case_id === null) return null;
  const digest = plan.newest_digest;
  return { label: t("plan.lock"), kind: "start", obstacle: null, act: () => actions.send({ type: "lock_plan", digest }) };
}

/** The panel; nothing where the case has no plan. */
export function planTemplate({ heard: { plan } }: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  if (plan === undefined || plan.digest === null) return nothing;
  const { light, word } = lockWords(plan);
  const lost = plan.roots.filter(({ kept }) => !kept);
  return html`<section class="card plan" aria-labelledby="plan-title">
    <h3 id="plan-title">${t("plan.title")} ${lamp(light, word)}</h3>
    <p>${t("plan.version_stages", { version: plan.version, stages: plan.stages.length, planes: plan.planes.length })}</p>
    ${
      plan.locked && isOpen(plan)
        ? html`<p class="newer" role="alert">${t("plan.newer_words", { newest: plan.newest_version, version: plan.version })}</p>`
        : nothing
    }
    <ul class="margins">
      ${plan.margins.map(({ key, least_mm, verdict, words }) => {
        const name = plan.planes.find((plane) => plane.key === key)?.name ?? key;
        return html`<li>
          ${lamp(VERDICT_LIGHTS[verdict], t(`plan.verdict.${verdict}`))}
          <span class="name">${name} <span class="number">${least_mm.toFixed(1)} mm</span></span>
          ${words === "" ? nothing : html`<span class="detail">${h(words)}</span>`}
        </li>`;
      })}
    </ul>
    <p>${lost.length === 0 ? t("plan.all_roots_kept") : t("plan.roots_lost", { roots: lost.map(({ name }) => h(name)).join(", ") })}</p>
    ${lost.length === 0 ? nothing : lowestTemplate(plan.lowest_left, plan.lowest_right)} ${publishedTemplate(plan.published)}
    <button type="button" @click=${() => actions.plan(true)}>${t("plan.open")}</button>
  </section>`;
}
