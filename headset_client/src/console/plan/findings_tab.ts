/** What must be said of the draft, what lies near the tumour, and what the colours of the margin map mean. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import { bandWords, type Colours, COLOURS_TITLE } from "../../overlay/paints.ts";
import type { MarginBand, Plan, PlanFinding } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { lamp } from "../parts.ts";
import type { Light } from "../steps.ts";
import type { Desk } from "./desk.ts";
import { mmWords } from "./facts_view.ts";

const LIGHTS: Readonly<Record<PlanFinding["weight"], Light>> = { info: "good", warning: "wait", error: "bad" };

export function findingsTemplate(desk: Desk, plan: Plan | undefined): TemplateResult {
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
      ${mapTemplate(desk, plan)}
    </div>
    <div class="stack">
      <h4>${t("plan.near")}</h4>
      <ul class="near">
        ${near.map(({ name, least_mm }) => html`<li><span>${h(name)}</span> <span class="number">${least_mm < 0 ? t("plan.inside", { mm: mmWords(-least_mm) }) : mmWords(least_mm)}</span></li>`)}
      </ul>
    </div>
  </div>`;
}

/** The saved plan's colours on the tumour, switched on here, and what they mean; they are not those of a draft. */
function mapTemplate(desk: Desk, plan: Plan | undefined): TemplateResult | typeof nothing {
  if (plan === undefined || plan.model === null) return nothing;
  const choice = (colours: Colours | null, words: string) =>
    html`<button type="button" aria-pressed=${desk.colours === colours} @click=${() => desk.set({ colours })}>${words}</button>`;
  return html`<h4>${t("plan.map", { version: plan.version })}</h4>
    <div class="choices">
      ${choice(null, t("plan.map.off"))} ${choice("margin", t("plan.map.margin"))} ${choice("near", t("plan.map.near"))}
    </div>
    ${desk.colours === null ? nothing : legendTemplate(plan.legend, desk.colours)}`;
}

/** The bands of the map, each with its words; the more that is left, the longer its bar, so that it is read without colour. */
export function legendTemplate(legend: readonly MarginBand[], colours: Colours): TemplateResult {
  const width = (number: number) => 12 + (36 * (number + 1)) / legend.length;
  return html`<p>${h(COLOURS_TITLE[colours])}</p>
    <ul class="bands">
      ${legend.map(
        (band, number) => html`<li>
          <svg viewBox="0 0 50 18" width="50" height="18" aria-hidden="true">
            ${svg`<rect x="1" y="1" width=${width(number)} height="16" rx="3" fill="rgb(${band.color_srgb.map((part) => Math.round(part * 255)).join(" ")})" />`}
          </svg>
          ${h(bandWords(colours, band))}
        </li>`,
      )}
    </ul>`;
}
