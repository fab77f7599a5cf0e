/** What a plan leaves of the roots, and what was published of patients who kept as much. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Published } from "../protocol.gen.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";

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
