/** The registration in numbers and pictures: the error to expect at each structure, and which link costs how much. */

import { html, nothing, type TemplateResult } from "lit-html";

import { expectedErrorText } from "../overlay/words.ts";
import type { LinkShare, Registration } from "../protocol.gen.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import type { Light } from "./steps.ts";

export interface ErrorRow {
  readonly name: string;
  readonly error: string;
  readonly target: boolean;
  /** Whether the error stays inside the limit of the target. */
  readonly inside: boolean;
  /** Part of the longest bar, 0 to 1. */
  readonly part: number;
}

/** One row for each structure, the target first, then the least sure; with the limit as part of the longest bar. */
export function errorRows(registration: Registration): { rows: ErrorRow[]; limit: number } {
  const { structures, target_key, limit_mm } = registration;
  const longest = Math.max(limit_mm ?? 0, ...structures.map((one) => one.expected_error_mm)) || 1;
  const rank = (key: string, error: number) => (key === target_key ? -Infinity : -error);
  const sorted = [...structures].sort((a, b) => rank(a.key, a.expected_error_mm) - rank(b.key, b.expected_error_mm));
  return {
    rows: sorted.map((one) => ({
      name: one.name,
      error: h(expectedErrorText(one.expected_error_mm)),
      target: one.key === target_key,
      inside: limit_mm === null || one.expected_error_mm <= limit_mm,
      part: one.expected_error_mm / longest,
    })),
    limit: (limit_mm ?? 0) / longest,
  };
}

/** Shares in whole percent that are 100 together: what is lost by rounding goes to those that lost most. */
export function percents(links: readonly LinkShare[]): number[] {
  const exact = links.map(({ share }) => share * 100);
  const floors = exact.map(Math.floor);
  const left = Math.round(exact.reduce((sum, one) => sum + one, 0)) - floors.reduce((sum, one) => sum + one, 0);
  const losers = exact.map((one, at) => ({ at, lost: one - floors[at]! })).sort((a, b) => b.lost - a.lost);
  for (const { at } of losers.slice(0, left)) floors[at]! += 1;
  return floors;
}

/** How the registration stands, in a light and its word. */
export function verdictWords(registration: Registration): { light: Light; word: string } {
  if (registration.state === "missing") return { light: "wait", word: t("light.wait") };
  if (registration.state === "refused") return { light: "bad", word: t("register.refused") };
  if (!registration.accepted) return { light: "wait", word: t("register.to_accept") };
  return { light: "good", word: t("register.accepted") };
}

/** Why the registration cannot be accepted, or null. */
export function acceptObstacle(registration: Registration | undefined): string | null {
  if (registration === undefined) return t("next.register_first_patient");
  if (registration.state === "accepted") return null;
  return h(registration.reasons[0] ?? "") || t("next.register_first_patient");
}

/** Method, reasons, advice. */
export function verdictTemplate(registration: Registration): TemplateResult {
  const { method, matched, known, reasons, advice } = registration;
  return html`${method === null ? nothing : html`<p>${t(`register.method.${method}`, { matched, known })}</p>`}
    ${sentences(t("register.why"), reasons)} ${sentences(t("register.advice"), advice)}`;
}

/** The table of errors with a bar each; the line in the bars is the limit at the target. */
export function errorsTemplate(registration: Registration): TemplateResult | typeof nothing {
  const { rows, limit } = errorRows(registration);
  if (rows.length === 0) return nothing;
  return html`<table class="errors">
    <caption>${t("register.errors", { limit: (registration.limit_mm ?? 0).toFixed(1) })}</caption>
    <thead>
      <tr><th scope="col">${t("register.structure")}</th><th scope="col">${t("register.error")}</th></tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ name, error, target, inside, part }) => html`<tr data-target=${target ? "true" : "false"}>
          <th scope="row">${h(name)}${target ? html` <span class="tag">${t("register.target")}</span>` : nothing}</th>
          <td>
            <span class="number">${error}</span>
            <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
              <rect class="ground" width="100" height="8" />
              <rect class="value" data-inside=${inside ? "true" : "false"} width=${(100 * part).toFixed(1)} height="8" />
              <rect class="limit" x=${(100 * limit - 0.4).toFixed(1)} width="0.8" height="8" />
            </svg>
          </td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Which link of the chain has which share of the error at the target. */
export function sharesTemplate(registration: Registration): TemplateResult | typeof nothing {
  const { links } = registration;
  if (links.length === 0) return nothing;
  const parts = percents(links);
  return html`<h4>${t("register.shares")}</h4>
    <ul class="shares">
      ${links.map(
        ({ words }, at) => html`<li>
          <span class="number">${parts[at]} %</span>
          <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="ground" width="100" height="8" />
            <rect class="value" data-inside="true" width=${parts[at]!} height="8" />
          </svg>
          <span class="words">${h(words)}</span>
        </li>`,
      )}
    </ul>`;
}

function sentences(title: string, words: readonly string[]): TemplateResult | typeof nothing {
  if (words.length === 0) return nothing;
  return html`<h4>${title}</h4>
    <ul class="sentences">${words.map((one) => html`<li>${h(one)}</li>`)}</ul>`;
}
