/** Nerve roots L5 to S5: what becomes of each, down to which level they are kept, and what was published of such patients. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { PlanRoot, Published } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { lamp } from "../parts.ts";
import type { Desk } from "./desk.ts";

export const LEVELS = ["L5", "S1", "S2", "S3", "S4", "S5"] as const;
const SIDES = ["right", "left"] as const;

export function rootKey(level: string, side: string): string {
  return `nerve_${level.toLowerCase()}_${side}`;
}

/** Whether a root is kept; one of which nothing is said is. */
export function isKept(roots: readonly PlanRoot[], key: string): boolean {
  return roots.find((root) => root.key === key)?.kept ?? true;
}

export function rootsTemplate(desk: Desk): TemplateResult {
  const roots = desk.draft?.roots ?? [];
  const disabled = desk.obstacle !== null;
  return html`<div class="columns">
    <table class="roots">
      <caption>${t("plan.roots_hint")}</caption>
      <thead>
        <tr><td></td>${SIDES.map((side) => html`<th scope="col">${t(`plan.side.${side}`)}</th>`)}</tr>
      </thead>
      <tbody>
        ${LEVELS.map(
          (level) => html`<tr>
            <th scope="row">${level}</th>
            ${SIDES.map((side) => {
              const key = rootKey(level, side);
              const kept = isKept(roots, key);
              const name = `${level} ${t(`plan.side.${side}`)}`;
              return html`<td>
                <button
                  type="button"
                  data-root=${key}
                  aria-disabled=${disabled}
                  aria-label=${t(kept ? "plan.root_kept_named" : "plan.root_lost_named", { name })}
                  @click=${() => desk.send({ type: "set_root", root: key, kept: !kept })}
                >
                  ${lamp(kept ? "good" : "bad", t(kept ? "plan.root_kept" : "plan.root_lost"))}
                </button>
              </td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>
    <div class="stack" aria-live="polite">
      ${lowestTemplate(desk.draft?.lowest_left ?? null, desk.draft?.lowest_right ?? null)}
      ${publishedTemplate(desk.draft?.published ?? [])}
    </div>
  </div>`;
}

/** Down to which level every root is kept, on each side. */
export function lowestTemplate(left: string | null, right: string | null): TemplateResult {
  const level = (told: string | null) => (told === null || told === "" ? t("plan.none_kept") : told);
  return html`<dl class="facts">
    <div><dt>${t("plan.lowest_right")}</dt><dd><strong>${level(right)}</strong></dd></div>
    <div><dt>${t("plan.lowest_left")}</dt><dd><strong>${level(left)}</strong></dd></div>
  </dl>`;
}

/** What was published of patients who kept as much, each with its source; no forecast. */
export function publishedTemplate(published: readonly Published[]): TemplateResult | typeof nothing {
  if (published.length === 0) return nothing;
  const share = (percent: number | null) => (percent === null ? t("plan.not_told") : `${percent.toFixed(percent % 1 === 0 ? 0 : 1)} %`);
  return html`<table class="published">
    <caption>${t("plan.published")}</caption>
    <thead>
      <tr>
        <th scope="col">${t("plan.group")}</th>
        <th scope="col">${t("plan.bladder")}</th>
        <th scope="col">${t("plan.bowel")}</th>
        <th scope="col">${t("plan.walking")}</th>
      </tr>
    </thead>
    <tbody>
      ${published.map(
        (row) => html`<tr>
          <th scope="row">${h(row.group)}<span class="source">${row.source}</span></th>
          <td class="number">${share(row.bladder_percent)}</td>
          <td class="number">${share(row.bowel_percent)}</td>
          <td class="number">${share(row.walking_percent)}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}
