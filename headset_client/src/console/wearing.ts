/** Which headset wears which of the boards that the room's camera looks for; nothing where it looks for none. */

import { html, nothing, type TemplateResult } from "lit-html";

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
          <option value="" ?selected=${wearer === null}>${t("team.worn_by_nobody")}</option>
          ${headsets.map(
            (client) =>
              html`<option value=${client.device_id} ?selected=${client.device_id === wearer}>${client.name}</option>`,
          )}
          ${wearer === null || isHere
            ? nothing
            : html`<option value=${wearer} selected>${t("team.worn_by_absent")}</option>`}
        </select>
      </label>`;
    })}
  </div>`;
}
