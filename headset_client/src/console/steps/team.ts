/** Step 2: which headsets are in, which could be, and how the next one gets in. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Nearby } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { absentTemplate, clientsTemplate } from "../devices.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { type Act, goOn, lamp, type StepPage } from "../parts.ts";
import { qrPath } from "../qr.ts";
import { wearingTemplate } from "../wearing.ts";
import { codeWords, fingerprintWords } from "../words.ts";

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { clients, devices, machine, nearby, wearing } = state.heard;
  const body = html`<div class="columns">
    <section class="card" aria-labelledby="join-title">
      <h3 id="join-title">${t("team.join")}</h3>
      ${otherHostsTemplate(nearby)} ${joiningTemplate(state, actions)}
      ${machine === undefined ? nothing : html`<p class="hint">${h(machine.network_words)}</p>`}
    </section>
    <section class="card" aria-labelledby="inside-title">
      <h3 id="inside-title">${t("team.inside")}</h3>
      ${clientsTemplate(state, actions)} ${absentTemplate(devices?.devices ?? [], state.picked.leaving, actions)}
      ${wearingTemplate(wearing, clients?.clients ?? [], actions)} ${headsetAppsTemplate(state)}
    </section>
  </div>`;
  return { body, act: actOf(state, actions) };
}

/** Whether a code stands that a headset could still use. */
export function codeStands(state: Pick<ConsoleState, "heard" | "secondsUntil">): boolean {
  const { joining } = state.heard;
  if (joining === undefined || joining.code === null) return false;
  const seconds = state.secondsUntil(joining.expires_ns);
  return seconds === null || seconds > 0;
}

function actOf(state: ConsoleState, actions: ConsoleActions): Act {
  const headsets = (state.heard.clients?.clients ?? []).filter(({ role }) => role !== "nurse");
  if (headsets.length > 0 || codeStands(state)) return goOn("team", actions);
  return { label: t("team.new_code"), kind: "start", obstacle: null, act: () => actions.send({ type: "new_code" }) };
}

function joiningTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { joining } = state.heard;
  const renew = html`<button type="button" @click=${() => actions.send({ type: "new_code" })}>
    ${t("team.another_code")}
  </button>`;
  if (!codeStands(state) || joining === undefined || joining.code === null) {
    const headsets = (state.heard.clients?.clients ?? []).some(({ role }) => role !== "nurse");
    // Without a headset the page's big button makes the code.
    return html`<div class="joining">
      <p class="hint">${t("team.join_hint")}</p>
      ${headsets ? renew : nothing}
    </div>`;
  }
  const qr = qrPath(joining.url);
  const seconds = state.secondsUntil(joining.expires_ns);
  return html`<div class="joining">
    <p class="address">${joining.url.replace(/#.*$/, "")}</p>
    <svg class="qr" viewBox="0 0 ${qr.size} ${qr.size}" role="img" aria-label=${t("team.qr")}>
      <rect width=${qr.size} height=${qr.size} fill="#fff" />
      <path d=${qr.path} fill="#000" shape-rendering="crispEdges" />
    </svg>
    <div class="by-hand">
      <p class="code number" role="group" aria-label=${t("team.code")}>${codeWords(joining.code)}</p>
      <p class="hint number">${seconds === null ? nothing : t("team.good_for", { seconds })}</p>
      <p class="hint">${t("team.certificate")} <span class="number">${fingerprintWords(joining.fingerprint)}</span></p>
      ${renew}
    </div>
  </div>`;
}

/** Two hosts on one network: a headset may join the wrong one, so this stays on the screen as long as it is so. */
function otherHostsTemplate(nearby: Nearby | undefined): TemplateResult | typeof nothing {
  if (nearby === undefined || nearby.hosts.length === 0) return nothing;
  return html`<div class="other-hosts" role="status">
    <p>${lamp("bad", t("team.care"))} <strong>${t("team.other_host")}</strong> ${t("team.other_host_mend")}</p>
    <ul>
      ${nearby.hosts.map(
        (host) => html`<li>
          ${t("team.host_at", { name: host.name })} <span class="number">${host.address}</span>${host.replay ? t("team.a_replay") : nothing}
        </li>`,
      )}
    </ul>
  </div>`;
}

function headsetAppsTemplate(state: ConsoleState): TemplateResult | typeof nothing {
  const inside = new Set(state.heard.clients?.clients.map((client) => client.name));
  const headsets = state.heard.nearby?.headsets.filter((headset) => !inside.has(headset.name)) ?? [];
  if (headsets.length === 0) return nothing;
  return html`<div class="nearby">
    <h4>${t("team.nearby")}</h4>
    <ul>
      ${headsets.map((headset) => html`<li>${headset.name} <span class="detail number">${headset.address}</span></li>`)}
    </ul>
    <p class="hint">${t("team.nearby_hint")}</p>
  </div>`;
}
