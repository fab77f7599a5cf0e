/** Nerve roots L5 to S5: what becomes of each, down to which level they are kept, and what was published of such patients. */

import { html, type TemplateResult } from "lit-html";

import type { PlanRoot } from "../../protocol.gen.ts";
import { t } from "../messages/messages.ts";
import { lamp } from "../parts.ts";
import { lowestTemplate, publishedTemplate } from "../published.ts";
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
