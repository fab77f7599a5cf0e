/** What the plane in hand means, live while it is moved: verdict, distances, angles, side, and what it cuts. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { PlaneTold } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { lamp } from "../parts.ts";
import type { Desk } from "./desk.ts";
import { verdictOf } from "./shown.ts";

/** "12.3 mm" */
export function mmWords(mm: number): string {
  return `${mm.toFixed(1)} mm`;
}

/** "12.3°", or that the case does not show it. */
export function degreesWords(deg: number | null): string {
  return deg === null ? t("plan.not_known") : `${deg.toFixed(1)}°`;
}

/** The margin asked for, and the one that is safe with the registration in use. */
export function marginWords(askedMm: number, safeMm: number | null): string {
  const asked = askedMm.toFixed(1);
  return safeMm === null ? t("plan.asked", { asked }) : t("plan.asked_safe", { asked, safe: safeMm.toFixed(1) });
}

/** The panel; a sentence where no plane is in hand. */
export function factsTemplate(desk: Desk): TemplateResult {
  const { plane } = desk;
  if (plane === null) return html`<div class="plan-facts"><p class="hint">${t("plan.no_plane")}</p></div>`;
  const facts = desk.factsOf(plane.key);
  const verdict = verdictOf(facts);
  return html`<div class="plan-facts" aria-live="polite">
    <p class="verdict-of-plane">
      <strong>${plane.name}</strong> ${verdict === null ? lamp("wait", t("plan.measuring")) : lamp(verdict.light, verdict.word)}
      <span class="number">${marginWords(desk.draft?.margin_mm ?? 0, desk.draft?.safe_margin_mm ?? null)}</span>
    </p>
    ${facts === null ? nothing : numbersTemplate(facts)}
  </div>`;
}

function numbersTemplate(facts: PlaneTold): TemplateResult {
  return html`${facts.refusal === "" ? nothing : html`<p class="refusal">${h(facts.refusal)}</p>`}
    <dl class="facts">
      ${fact(t("plan.least"), mmWords(facts.least_mm), true)} ${fact(t("plan.mean"), mmWords(facts.mean_mm))}
      ${fact(t("plan.end_plate"), degreesWords(facts.end_plate_deg))} ${fact(t("plan.midline"), degreesWords(facts.midline_deg))}
      ${fact(t("plan.side"), t(`plan.side.${facts.side}`))}
    </dl>
    <p class="cuts">${t("plan.cuts")} ${facts.cuts.length === 0 ? t("plan.cuts_nothing") : facts.cuts.map((cut, at) => html`${at === 0 ? "" : ", "}<span>${h(cut.name)} <span class="number">${mmWords(cut.length_mm)}</span></span>`)}</p>`;
}

function fact(words: string, value: string, strong = false): TemplateResult {
  return html`<div>
    <dt>${words}</dt>
    <dd class="number" data-strong=${strong}>${value}</dd>
  </div>`;
}
