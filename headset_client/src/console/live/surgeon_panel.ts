/** The panel of what the surgeon sees: fetched and run while it is looked at, still and empty otherwise. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Connection } from "../../net/socket.ts";
import type { Arrival } from "../../net/wire.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import type { SurgeonView } from "./surgeon_view.ts";

export class SurgeonPanel {
  #view: SurgeonView | "none" | "loading" | "failed" = "none";
  #connection: Connection | null = null;
  #state: ConsoleState | null = null;

  /** Fetch the view where it is wanted, and let it run only there. */
  keepUp(state: ConsoleState, actions: ConsoleActions): void {
    this.#state = state;
    const { session } = state.heard;
    const on = session !== undefined && session.state !== "OFF";
    const wanted = on && state.step === "live" && state.picked.observing;
    if (wanted && this.#view === "none" && this.#connection !== null) void this.#fetch(this.#connection, actions);
    if (typeof this.#view === "string") return;
    if (wanted) this.#view.start();
    else this.#view.stop();
    if (!on) this.#view.forget();
  }

  hear(message: Arrival, connection: Connection): void {
    this.#connection = connection;
    if (typeof this.#view === "object") this.#view.hear(message);
  }

  template({ heard: { session }, picked }: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
    if (session === undefined || session.state === "OFF") return nothing;
    const { observing } = picked;
    return html`<section class="card surgeon" aria-labelledby="surgeon-title">
      <h3 id="surgeon-title">
        ${t("surgeon.title")}
        <button type="button" @click=${() => actions.pick({ observing: !observing })}>
          ${t(observing ? "surgeon.hide" : "surgeon.show")}
        </button>
      </h3>
      ${observing ? this.#body() : nothing}
    </section>`;
  }

  #body(): TemplateResult {
    const view = this.#view;
    if (typeof view === "string") return html`<p class="hint">${t(view === "failed" ? "surgeon.failed" : "surgeon.loading")}</p>`;
    return html`<div class="view">${view.canvas}</div>
      <p class="hint">${view.why === "" ? nothing : h(view.why)}</p>`;
  }

  async #fetch(connection: Connection, actions: ConsoleActions): Promise<void> {
    this.#view = "loading";
    try {
      const { SurgeonView } = await import("./surgeon_view.ts");
      const view = new SurgeonView(connection, t("surgeon.picture"));
      const { welcome, ...others } = this.#state?.heard ?? {};
      if (welcome !== undefined) view.take(welcome);
      for (const message of Object.values(others)) view.take(message);
      this.#view = view;
    } catch {
      this.#view = "failed";
    }
    actions.pick({});
  }
}
