/** What must be said of the draft, what lies near the tumour, and what the colours of the margin map mean. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import type { MarginBand, PlanFinding } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { lamp } from "../parts.ts";
import type { Light } from "../steps.ts";
import type { Desk } from "./desk.ts";
import { mmWords } from "./facts_view.ts";

const LIGHTS: Readonly<Record<PlanFinding["weight"], Light>> = { info: "good", warning: "wait", error: "bad" };

export function findingsTemplate(desk: Desk, legend: readonly MarginBand[]): TemplateResult {
  const findings = desk.draft?.findings ?? [];
  const near = desk.draft?.near ?? [];
  return html`<div class="columns">
    <div class="stack">
      <h4>${t("plan.findings")}</h4>
      ${
        findings.length === 0
          ? html`<p>${t("plan.no_findings")}</p>`
          : html`<ul class="findings">
              ${findings.map(({ weight, message }) => html`<li>${lamp(LIGHTS[weight], t(`plan.weight.${weight}`))} <span>${h(message)}</span></li>`)}
            </ul>`
      }
      ${legendTemplate(legend)}
    </div>
    <div class="stack">
      <h4>${t("plan.near")}</h4>
      <ul class="near">
        ${near.map(({ name, least_mm }) => html`<li><span>${h(name)}</span> <span class="number">${least_mm < 0 ? t("plan.inside", { mm: mmWords(-least_mm) }) : mmWords(least_mm)}</span></li>`)}
      </ul>
    </div>
  </div>`;
}

/** The bands of the margin map, each with its words; the more that is left, the longer its bar, so that it is read without colour. */
export function legendTemplate(legend: readonly MarginBand[]): TemplateResult | typeof nothing {
  if (legend.length === 0) return nothing;
  const width = (number: number) => 12 + (36 * (number + 1)) / legend.length;
  return html`<h4>${t("plan.legend")}</h4>
    <ul class="bands">
      ${legend.map(
        ({ color_srgb, words }, number) => html`<li>
          <svg viewBox="0 0 50 18" width="50" height="18" aria-hidden="true">
            ${svg`<rect x="1" y="1" width=${width(number)} height="16" rx="3" fill="rgb(${color_srgb.map((part) => Math.round(part * 255)).join(" ")})" />`}
          </svg>
          ${h(words)}
        </li>`,
      )}
    </ul>`;
}
