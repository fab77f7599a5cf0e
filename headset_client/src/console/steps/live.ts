/** Step 6: START, what headsets show, and END. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Connection } from "../../net/socket.ts";
import type { Arrival } from "../../net/wire.ts";
import type { Clients } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { clientsTemplate } from "../devices.ts";
import { Ages } from "../live/ages.ts";
import { agesTemplate } from "../live/ages_view.ts";
import { logTemplate } from "../live/log_view.ts";
import { reportTemplate } from "../live/report_view.ts";
import { SurgeonPanel } from "../live/surgeon_panel.ts";
import { keepSlices, slicesHere } from "../live/slices_here.ts";
import { forgetSlices, slicesTemplate } from "../live/slices_view.ts";
import { t } from "../messages/messages.ts";
import type { Act, StepPage } from "../parts.ts";
import { stageTemplate } from "../staging.ts";
import { type Judged, standingsOf } from "../steps.ts";
import { viewingTemplate } from "../viewing.ts";

/** Why START cannot be pressed now, or null. */
export function startObstacle(state: Judged): string | null {
  const { session } = state.heard;
  if (session === undefined) return t("shell.connecting");
  if (session.state === "OFF") return t("live.open_first");
  if (session.state === "LOST") return t("live.comes_back");
  if (session.state === "LIVE") return t("live.confirmed");
  const open = session.conditions.some(({ key, ok }) => !ok && key !== "confirmed");
  return open ? standingsOf(state).live.next : null;
}

const surgeon = new SurgeonPanel();
const ages = new Ages();
let reported: Clients | undefined;

/** Fetch the image while the host names it and let go of it when it does not, whichever step is shown. */
export function keepUp(state: ConsoleState, actions: ConsoleActions): void {
  const { heard } = state;
  keepSlices(state, actions, forgetSlices);
  if (heard.clients !== undefined && heard.clients !== reported) ages.take(heard.clients.clients, performance.now());
  reported = heard.clients;
  surgeon.keepUp(state, actions);
}

/** Poses and pictures are for what the surgeon sees. */
export function hear(message: Arrival, connection: Connection): void {
  surgeon.hear(message, connection);
}

/** The page. */
export function page(state: ConsoleState, actions: ConsoleActions): StepPage {
  const { clients, slices: told } = state.heard;
  const inside = clients?.clients ?? [];
  const { procedure } = state.heard;
  const body = html`<div class="stack live">
    ${
      procedure === undefined || procedure.side === null
        ? nothing
        : html`<p class="what-is-done">${procedure.procedure} · ${t(`procedure.side.${procedure.side}`)}</p>`
    }
    ${state.picked.ending ? endingTemplate(actions) : nothing} ${reportTemplate(state, actions)} ${stageTemplate(state, actions)}
    <div class="seen">
      ${surgeon.template(state, actions)}
      ${told === undefined || state.heard.session?.state === "OFF" ? nothing : slicesTemplate(state, slicesHere.now, actions)}
    </div>
    <div class="columns">
      ${viewingTemplate(state, actions)}
      <section class="card" aria-labelledby="headsets-title">
        <h3 id="headsets-title">${t("live.headsets")}</h3>
        ${agesTemplate(ages, inside, performance.now())} ${clientsTemplate(state, actions)}
      </section>
      ${logTemplate(state, actions)}
    </div>
  </div>`;
  return { body, act: actOf(state, actions) };
}

function actOf(state: ConsoleState, actions: ConsoleActions): Act {
  const running = state.heard.session?.state === "LIVE" || state.heard.session?.state === "LOST";
  if (running) return { label: t("live.end"), kind: "end", obstacle: null, act: () => actions.pick({ ending: true }) };
  return {
    label: t("live.start"),
    kind: "start",
    obstacle: startObstacle(state),
    act: () => actions.send({ type: "confirm" }),
  };
}

/** The second thought before the end: END stands where START stood, and a hand may press it once too often. */
function endingTemplate(actions: ConsoleActions): TemplateResult {
  const end = () => {
    actions.send({ type: "stop" });
    actions.pick({ ending: false });
  };
  return html`<section class="card asked" role="alert">
    <p>${t("live.end_sure")}</p>
    <div class="choices">
      <button type="button" class="stop" @click=${end}>${t("live.end_do")}</button>
      <button type="button" @click=${() => actions.pick({ ending: false })}>${t("live.end_not")}</button>
    </div>
  </section>`;
}
