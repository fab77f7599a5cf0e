/** What stands above everything while it is so: another console holds the wheel, or the machine lacks something. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Heard, ConsoleActions } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";
import { lamp } from "./parts.ts";

/** That the machine may fall asleep under a live overlay, which is no fault and a thing to know; null otherwise. */
export function sleepWords({ machine, session }: Pick<Heard, "machine" | "session">): string | null {
  const stands = session?.state === "LIVE" || session?.state === "LOST";
  return stands && machine?.awake === "unable" ? machine.awake_words : null;
}

/** The whole strip; nothing where nothing is to be said. */
export function stripTemplate(heard: Heard, actions: ConsoleActions): TemplateResult | typeof nothing {
  const lacks = heard.machine?.missing ?? [];
  const sleep = sleepWords(heard);
  const wheel = wheelTemplate(heard, actions);
  if (wheel === nothing && lacks.length === 0 && sleep === null) return nothing;
  return html`<div class="strip" role="status">
    ${wheel} ${lacks.map((words) => html`<p>${lamp("bad", t("light.bad"))} <span>${h(words)}</span></p>`)}
    ${sleep === null ? nothing : html`<p><strong>${t("strip.note")}</strong> <span>${h(sleep)}</span></p>`}
  </div>`;
}

function wheelTemplate({ wheel }: Heard, actions: ConsoleActions): TemplateResult | typeof nothing {
  if (wheel === undefined || wheel.yours) return nothing;
  if (wheel.holder_name === null) return html`<p>${lamp("wait", t("wheel.free"))} <span>${t("wheel.free_words")}</span></p>`;
  return html`<p>
    ${lamp("wait", t("wheel.watching"))} <span>${t("wheel.held", { name: wheel.holder_name })}</span>
    <button type="button" class="wheel" @click=${() => actions.send({ type: "take_wheel" })}>${t("wheel.take")}</button>
  </p>`;
}
