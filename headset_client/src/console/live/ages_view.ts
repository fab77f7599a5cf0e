/** How old the poses were that headsets showed within the last minute, as lines under the limit. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import { ageText } from "../../overlay/words.ts";
import type { ClientEntry } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { type Ages, heightOf, SPAN_MS } from "./ages.ts";

const WIDTH = 300;
const HEIGHT = 90;
/** Older than this is hidden in every headset. */
const LIMIT_MS = 150;
/** Headsets are told apart by their dashes. */
const DASHES = ["none", "6 3", "2 3", "9 3 2 3"];

/** The plot; nothing without a headset. */
export function agesTemplate(ages: Ages, clients: readonly ClientEntry[], nowMs: number): TemplateResult | typeof nothing {
  const headsets = clients.filter(({ role }) => role !== "nurse").slice(0, DASHES.length);
  if (headsets.length === 0) return nothing;
  const limit = heightOf(LIMIT_MS, HEIGHT);
  return html`<figure class="minute">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${t("ages.plot")}>
      <path class="limit" d="M0 ${limit}H${WIDTH}" />
      <text x="4" y=${limit - 4} font-size="10">${LIMIT_MS} ms</text>
      <text x="4" y=${HEIGHT - 3} font-size="10">0</text>
      ${headsets.map(
        ({ device_id }, at) =>
          svg`<path class="line" d=${ages.path(device_id, nowMs, WIDTH, HEIGHT)} stroke-dasharray=${DASHES[at]!} />`,
      )}
    </svg>
    <figcaption>
      ${t("ages.title", { seconds: SPAN_MS / 1000 })}
      <ul>
        ${headsets.map(
          ({ name, pose_age_ms }, at) => html`<li>
            <svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true"><path class="line" d="M0 4H28" stroke-dasharray=${DASHES[at]!} /></svg>
            ${name} <span class="number">${h(ageText(pose_age_ms))}</span>
          </li>`,
        )}
      </ul>
    </figcaption>
  </figure>`;
}
