/** The time-out: what the team says aloud before the overlay is shown, a tick for each. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Session, TimeOutItem, TimeOutList } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { lamp } from "./parts.ts";

/** Why an item cannot be ticked now, or null; what is ticked can always be taken back. */
export function tickObstacle(item: TimeOutItem, session: Session): string | null {
  if (session.state === "OFF") return t("live.open_first");
  return item.ready || item.ticked ? null : t("time_out.not_ready");
}

/** "3 of 8" */
export function countWords(list: TimeOutList): string {
  return t("time_out.count", { ticked: list.items.filter((item) => item.ticked).length, count: list.items.length });
}

/** The panel; nothing while no case is chosen. */
export function timeOutTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { session, time_out: list } = state.heard;
  if (session === undefined || list === undefined || list.items.length === 0) return nothing;
  const done = list.items.every((item) => item.ticked);
  return html`<section class="card time-out" aria-labelledby="time-out-title">
    <h3 id="time-out-title">
      ${t("time_out.title")} ${lamp(done ? "good" : "wait", done ? t("light.good") : countWords(list))}
    </h3>
    <p class="hint">${t("time_out.aloud")}</p>
    <ul>
      ${list.items.map((item) => itemTemplate(item, session, actions))}
    </ul>
  </section>`;
}

function itemTemplate(item: TimeOutItem, session: Session, actions: ConsoleActions): TemplateResult {
  const { key, fact, ticked, words } = item;
  const obstacle = tickObstacle(item, session);
  const press = (event: Event) => {
    // The box shows what the host has: a tick it does not take is not to be seen.
    event.preventDefault();
    if (obstacle === null) actions.send({ type: "tick", key, fact, on: !ticked });
  };
  return html`<li data-ready=${item.ready ? "true" : "false"}>
    <label>
      <input
        type="checkbox"
        name=${key}
        .checked=${ticked}
        aria-disabled=${obstacle === null ? "false" : "true"}
        aria-describedby="${key}-tick-hint"
        @click=${press}
      />
      <span>${h(words)}</span>
    </label>
    <p class="hint" id="${key}-tick-hint">${obstacle ?? nothing}</p>
  </li>`;
}
