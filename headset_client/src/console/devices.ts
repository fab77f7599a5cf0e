/** The devices of the room: those that are in, how each does, and those that are paired and not in. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import { LINK_LIMIT_MS, type ClientEntry, type DeviceEntry } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { dateWords, t } from "./messages/messages.ts";
import { lamp } from "./parts.ts";
import { batteryWords, clientNumbers, clientWords, delayWords, heardWords, roleWords } from "./words.ts";

/** The devices that are in, with what each shows; also what the last step shows of them. */
export function clientsTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const clients = state.heard.clients?.clients ?? [];
  if (clients.length === 0) return html`<p class="empty">${t("team.nobody")}</p>`;
  return html`<ul class="clients">
    ${clients.map((client) => clientTemplate(client, state, actions))}
  </ul>`;
}

function clientTemplate(client: ClientEntry, state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { light, words } = clientWords(client);
  const word = t(light === "good" ? "team.ok" : light === "wait" ? "team.wait" : "team.fault");
  const seconds = client.link === "silent" ? state.secondsSince(client.last_seen_ns) : null;
  return html`<li>
    <span class="name">${client.name}</span>
    <span class="role">${roleWords(client.role)}</span>
    <span class="detail">
      ${lamp(light, word)} ${words}${seconds === null ? nothing : ` ${heardWords(seconds)}`}
    </span>
    ${client.role === "nurse" ? nothing : factsTemplate(client)}
    <span class="buttons">${flashTemplate(client, actions)}${leaveTemplate(client, state.picked.leaving, actions)}</span>
  </li>`;
}

function factsTemplate(client: ClientEntry): TemplateResult {
  const delay = delayWords(client);
  return html`<span class="detail number">${clientNumbers(client)} ${ageBar(client)}</span>
    ${delay === null ? nothing : html`<span class="detail number">${delay}</span>`}
    <span class="detail number">${batteryWords(client.battery)}</span>
    ${client.model_ok === false ? html`<span class="detail">${lamp("bad", t("team.wrong_model"))}</span>` : nothing}`;
}

/** Where the ages of its poses lie, from the median to the 95 %, against the age at which a headset hides. */
function ageBar({ pose_age_p50_ms: p50, pose_age_p95_ms: p95 }: ClientEntry): TemplateResult | typeof nothing {
  if (p50 === null || p95 === null) return nothing;
  const at = (ms: number) => Math.min(ms / LINK_LIMIT_MS, 1) * 100;
  const values = { p50: p50.toFixed(0), p95: p95.toFixed(0), limit: LINK_LIMIT_MS };
  return html`<svg class="ages" viewBox="0 0 104 12" role="img" aria-label=${t("team.ages", values)}>
    ${svg`<rect class="ground" x="1" y="4" width="100" height="4" /><rect
      class="spread" x=${1 + at(p50)} y="2" width=${Math.max(at(p95) - at(p50), 2)} height="8" /><path
      class="limit" d="M102 0v12" />`}
  </svg>`;
}

function flashTemplate(client: ClientEntry, actions: ConsoleActions): TemplateResult | typeof nothing {
  if (client.role === "nurse" || client.link === "silent") return nothing;
  const flash = () => actions.send({ type: "flash", device_id: client.device_id });
  return html`<button type="button" class="flash" aria-label=${t("team.flash_named", { name: client.name })} @click=${flash}>
    ${t("team.flash")}
  </button>`;
}

/** Devices that are paired and not in: they come back by themselves once they are switched on. */
export function absentTemplate(
  devices: readonly DeviceEntry[],
  leaving: string | null,
  actions: ConsoleActions,
): TemplateResult | typeof nothing {
  if (devices.length === 0) return nothing;
  return html`<div class="nearby">
    <h4>${t("team.absent")}</h4>
    <ul class="clients">
      ${devices.map((device) => {
        const seen = device.last_seen_utc;
        return html`<li>
          <span class="name">${device.name}</span>
          <span class="role">${roleWords(device.role)}</span>
          <span class="detail">${seen === null ? t("team.never_seen") : t("team.last_in", { when: dateWords(seen) })}</span>
          <span class="buttons">${leaveTemplate(device, leaving, actions)}</span>
        </li>`;
      })}
    </ul>
    <p class="hint">${t("team.absent_hint")}</p>
  </div>`;
}

function leaveTemplate(
  device: Pick<ClientEntry, "device_id" | "name" | "role">,
  leaving: string | null,
  actions: ConsoleActions,
): TemplateResult | typeof nothing {
  const { device_id: deviceId, name } = device;
  if (device.role === "nurse") return nothing;
  if (leaving !== deviceId) {
    return html`<button
      type="button"
      class="leave"
      aria-label=${t("team.put_out_named", { name })}
      @click=${() => actions.pick({ leaving: deviceId })}
    >
      ${t("team.put_out")}
    </button>`;
  }
  const putOut = () => {
    actions.send({ type: "put_out", device_id: deviceId });
    actions.pick({ leaving: null });
  };
  return html`<div class="leave asked" role="group" aria-label=${t("team.put_out_sure", { name })}>
    <span>${t("team.put_out_cost")}</span>
    <button type="button" class="stop" @click=${putOut}>${t("team.put_out_do", { name })}</button>
    <button type="button" @click=${() => actions.pick({ leaving: null })}>${t("team.keep")}</button>
  </div>`;
}
