/** Which headset wears which of the boards that the room's camera looks for; nothing where it looks for none. */

import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";

import type { ClientEntry, Wearing } from "../protocol.gen.ts";
import type { ConsoleActions } from "./console_state.ts";
import { t } from "./messages/messages.ts";

/** One line for each board, with the headsets that may wear it. */
export function wearingTemplate(
  wearing: Wearing | undefined,
  clients: readonly ClientEntry[],
  actions: ConsoleActions,
): TemplateResult | typeof nothing {
  if (wearing === undefined || wearing.boards.length === 0) return nothing;
  const headsets = clients.filter(({ role }) => role === "surgeon");
  return html`<div class="nearby">
    <h4>${t("team.worn")}</h4>
    ${wearing.boards.map(({ board, device_id: wearer }) => {
      const change = (event: Event): void => {
        const chosen = (event.target as HTMLSelectElement).value;
        if (chosen !== "") actions.send({ type: "wear", device_id: chosen, board });
        else if (wearer !== null) actions.send({ type: "wear", device_id: wearer, board: null });
      };
      const isHere = headsets.some((client) => client.device_id === wearer);
      return html`<label class="field">
        ${t("team.worn_by", { board })}
        <select @change=${change}>
          ${option("", t("team.worn_by_nobody"), wearer === null)}
          ${headsets.map((client) => option(client.device_id, client.name, client.device_id === wearer))}
          ${wearer === null || isHere ? nothing : option(wearer, t("team.worn_by_absent"), true)}
        </select>
      </label>`;
    })}
  </div>`;
}

/** Chosen is what the host says, whatever was picked here and refused there. */
function option(value: string, words: string, chosen: boolean): TemplateResult {
  return html`<option value=${value} .selected=${live(chosen)}>${words}</option>`;
}
