/** The plan page: the draft of the case's plan in 3D and in slices, and everything of it typed. The draft is the host's. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { Arrival } from "../../net/wire.ts";
import { sightOf } from "../../overlay/stage_sight.ts";
import type { PatientPosition, Session } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { slicesHere, keepSlices } from "../live/slices_here.ts";
import { boxOf } from "../live/volume.ts";
import { t } from "../messages/messages.ts";
import { button, lamp, type WholePage } from "../parts.ts";
import { Desk, type Tab, TABS } from "./desk.ts";
import { factsTemplate } from "./facts_view.ts";
import { findingsTemplate } from "./findings_tab.ts";
import { type From, SIDES } from "./orbit.ts";
import { type Box, planesTemplate } from "./planes_tab.ts";
import { forgetPlanSlices, imageTemplate, planSlicesTemplate } from "./plan_slices.ts";
import { rootsTemplate } from "./roots_tab.ts";
import { type ShownLine, shownLines } from "./shown.ts";
import { stagesTemplate } from "./stages_tab.ts";
import { ViewPanel } from "./view_panel.ts";

/** From where a surgeon stands to a patient who lies so. */
const SEEN_FROM: Readonly<Record<PatientPosition, From>> = { supine: "front", prone: "back", left_side: "right", right_side: "left" };
/** A host that did not answer is asked again. */
const ASK_AGAIN_MS = 4000;

let actionsNow: ConsoleActions | null = null;
let drawing: number | null = null;
const desk = new Desk({
  send: (message) => actionsNow?.send(message),
  changed: () => actionsNow?.pick({}),
  soon: () => {
    drawing ??= requestAnimationFrame(() => {
      drawing = null;
      actionsNow?.pick({});
    });
  },
});
const panel = new ViewPanel();
let askedFor: { readonly caseId: string; readonly atMs: number } | null = null;
let lines: readonly ShownLine[] = [];
let stageSeen: string | null = null;

/** Why the plan cannot be changed on this page now, or null. */
export function editObstacle({ heard }: Pick<ConsoleState, "heard">): string | null {
  const { wheel, session, plan_draft: draft } = heard;
  if (session === undefined || session.case_id === null) return t("patient.choose_first");
  if (wheel !== undefined && !wheel.yours && wheel.holder_name !== null) return t("plan.watching", { name: wheel.holder_name });
  if (session.state === "LIVE" || session.state === "LOST") return t("plan.not_live");
  if (draft === undefined || draft.state === "loading") return t("plan.loading");
  return draft.state === "ready" ? null : h(draft.words) || t("plan.closed");
}

/** Why the draft cannot be saved now, or null. */
export function saveObstacle(state: Pick<ConsoleState, "heard">): string | null {
  const obstacle = editObstacle(state);
  const draft = state.heard.plan_draft;
  if (obstacle !== null || draft === undefined) return obstacle;
  if (draft.refusal !== "") return h(draft.refusal);
  return draft.changed ? null : t("plan.nothing_changed");
}

/** Called at each change, whichever page is shown. */
export function keepUp(state: ConsoleState, actions: ConsoleActions): void {
  actionsNow = actions;
  const { session, plan_draft: draft } = state.heard;
  desk.take(draft ?? null);
  desk.obstacle = editObstacle(state);
  keepSlices(state, actions, forgetPlanSlices);
  if (session === undefined || session.case_id === null || !state.planning) {
    panel.forget();
    askedFor = null;
    stageSeen = null;
    return;
  }
  askOnce(state, session.case_id, actions);
  void panel.want(desk, () => actions.pick({}));
  lines = shownLines(desk.planes, (key) => desk.factsOf(key), desk.stage?.planes ?? [], desk.plane?.key ?? null);
  panel.show(session, sightOf(desk.stageNow), lines, { file: state.heard.plan?.model ?? null, colours: desk.colours });
  followStage();
}

/** Answers to what a hand asks. */
export function hear(message: Arrival): void {
  if ("type" in message && message.type === "plane_tried") desk.hear(message);
  else if ("type" in message && message.type === "refused" && message.about === "set_plane") desk.letGo();
}

/** Undo and redo by their keys, where nobody is typing. */
export function pressed(event: KeyboardEvent): void {
  if (!event.ctrlKey && !event.metaKey) return;
  if ((event.target as HTMLElement).closest("input[type=text], textarea") !== null) return;
  const key = event.key.toLowerCase();
  const redo = (key === "z" && event.shiftKey) || key === "y";
  if (!redo && key !== "z") return;
  event.preventDefault();
  if (redo && desk.draft?.can_redo === true) desk.send({ type: "redo_plan" });
  if (!redo && desk.draft?.can_undo === true) desk.send({ type: "undo_plan" });
}

export function page(state: ConsoleState, actions: ConsoleActions): WholePage {
  const { session } = state.heard;
  const ready = session !== undefined && state.heard.plan_draft?.state === "ready";
  const whole = html`<main class="planning" aria-labelledby="step-title">
    ${headTemplate(state, actions)}
    ${
      !ready
        ? html`<section class="card waiting"><p role="status">${desk.obstacle ?? t("plan.loading")}</p></section>`
        : html`${state.picked.leavingPlan ? leavingTemplate(state, actions) : nothing}
            <div class="plan-room">
              <section class="card view" aria-label=${t("plan.view")}>
                ${lookTemplate()} ${panel.template(desk)}
                ${factsTemplate(desk)}
              </section>
              <div class="stack right">
                ${planSlicesTemplate(session, slicesHere.now, lines, desk)} ${tabsTemplate(state, session)}
              </div>
            </div>`
    }
  </main>`;
  return { whole };
}

function headTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { session } = state.heard;
  const draft = desk.draft;
  const step = (label: string, name: string, can: boolean, keys: string, type: "undo_plan" | "redo_plan") =>
    html`<button
      type="button"
      name=${name}
      aria-keyshortcuts=${keys}
      aria-disabled=${desk.obstacle !== null || !can}
      @click=${() => can && desk.send({ type })}
    >
      ${label}
    </button>`;
  return html`<div class="plan-head">
    <h2 id="step-title" tabindex="-1">${t("plan.title")} <span class="which">${session?.case_name ?? ""} · ${versionWords(state)}</span></h2>
    ${draft?.changed === true ? lamp("wait", t("plan.changed")) : nothing}
    ${step(t("plan.undo"), "undo", draft?.can_undo ?? false, "Control+Z", "undo_plan")}
    ${step(t("plan.redo"), "redo", draft?.can_redo ?? false, "Control+Shift+Z", "redo_plan")}
    <div class="save">
      ${button(t("plan.save"), { name: "save", obstacle: saveObstacle(state), class: "go", act: () => desk.send({ type: "store_plan" }) })}
    </div>
    <button type="button" name="close" @click=${() => close(actions)}>${t("plan.close")}</button>
  </div>`;
}

/** Which version the draft was begun with, and whether a plan is locked. */
function versionWords({ heard: { plan } }: ConsoleState): string {
  const base = desk.draft?.base_version ?? 0;
  const begun = base === 0 ? t("plan.new") : t("plan.version", { version: base });
  return plan?.locked === true && plan.version === base ? `${begun}, ${t("plan.locked")}` : begun;
}

/** Leave the page; what was not saved is asked about. */
function close(actions: ConsoleActions): void {
  desk.settle();
  if (desk.draft?.changed === true && desk.obstacle === null) {
    actions.pick({ leavingPlan: true });
    return;
  }
  desk.send({ type: "close_plan" });
  actions.plan(false);
}

function leavingTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const leave = () => {
    desk.send({ type: "close_plan" });
    actions.pick({ leavingPlan: false });
    actions.plan(false);
  };
  const save = () => {
    if (saveObstacle(state) === null) desk.send({ type: "store_plan" });
    actions.pick({ leavingPlan: false });
  };
  return html`<section class="card asked" role="alert">
    <p>${t("plan.leave_sure")}</p>
    <div class="choices">
      <button type="button" @click=${save}>${t("plan.save")}</button>
      <button type="button" class="stop" @click=${leave}>${t("plan.throw_away")}</button>
      <button type="button" @click=${() => actions.pick({ leavingPlan: false })}>${t("plan.go_on")}</button>
    </div>
  </section>`;
}

function lookTemplate(): TemplateResult {
  const seen = (event: Event) => {
    const select = event.target as HTMLSelectElement;
    const from = SIDES.find((side) => side === select.value);
    select.value = "";
    if (from !== undefined) panel.view?.lookFrom(from);
  };
  return html`<div class="look-row">
    <label class="field">
      <span>${t("plan.stage")}</span>
      <select name="stage" @change=${(event: Event) => desk.set({ stageKey: (event.target as HTMLSelectElement).value })}>
        ${desk.stages.map(
          ({ key, name, position }, at) =>
            html`<option value=${key} ?selected=${key === desk.stage?.key}>${at + 1} ${name} · ${t(`plan.position.${position}`)}</option>`,
        )}
      </select>
    </label>
    <label class="field">
      <span>${t("plan.seen_from")}</span>
      <select name="seen_from" @change=${seen}>
        <option value="">${t("plan.turn_to")}</option>
        ${SIDES.map((side) => html`<option value=${side}>${t(`plan.from.${side}`)}</option>`)}
      </select>
    </label>
  </div>`;
}

function tabsTemplate(state: ConsoleState, session: Session): TemplateResult {
  const along = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const tab = TABS[(TABS.indexOf(desk.tab) + by + TABS.length) % TABS.length]!;
    desk.set({ tab });
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${tab}"]`)?.focus();
  };
  const many = desk.draft?.findings.length ?? 0;
  return html`<section class="card plan-tabs">
    <div class="tab-row">
    <div class="tabs" role="tablist" aria-label=${t("plan.parts")} @keydown=${along}>
      ${TABS.map(
        (tab) => html`<button
          type="button"
          role="tab"
          id="tab-${tab}"
          data-tab=${tab}
          aria-controls="plan-tab"
          aria-selected=${tab === desk.tab}
          tabindex=${tab === desk.tab ? 0 : -1}
          @click=${() => desk.set({ tab })}
        >
          ${t(`plan.tab.${tab}`)}${tab === "findings" && many > 0 ? ` (${many})` : ""}
        </button>`,
      )}
    </div>
    ${desk.point === null ? nothing : html`<button type="button" class="back-to" @click=${() => desk.lookAt(null)}>${t("plan.to_plane")}</button>`}
    </div>
    <div class="plan-tab" id="plan-tab" role="tabpanel" aria-labelledby="tab-${desk.tab}">${tabTemplate(desk.tab, state, session)}</div>
  </section>`;
}

function tabTemplate(tab: Tab, { heard }: ConsoleState, session: Session): TemplateResult {
  switch (tab) {
    case "planes":
      return planesTemplate(desk, tumourBox(session));
    case "roots":
      return rootsTemplate(desk);
    case "stages":
      return stagesTemplate(desk, session.structures);
    case "findings":
      return findingsTemplate(desk, heard.plan);
    case "image":
      return imageTemplate(session, slicesHere.now, lines, desk);
  }
}

/** The box round the target: of the model where it is drawn, else of the image. */
function tumourBox({ target_key: key }: Session): Box {
  if (key === null) return null;
  const { now } = slicesHere;
  return panel.view?.boxOf(key) ?? (now.state === "ready" ? boxOf(now.volume, key) : null);
}

/** Ask the host for the draft, again where it did not answer. */
function askOnce({ heard, connected }: ConsoleState, caseId: string, actions: ConsoleActions): void {
  const { plan_draft: draft, wheel } = heard;
  if (!connected || (wheel !== undefined && !wheel.yours && wheel.holder_name !== null)) return;
  if (draft !== undefined && draft.state !== "closed" && draft.case_id === caseId) return;
  const now = performance.now();
  if (askedFor !== null && askedFor.caseId === caseId && now - askedFor.atMs < ASK_AGAIN_MS) return;
  // A host that said why it does not open the plan is not asked again and again.
  if (askedFor?.caseId === caseId && draft !== undefined && draft.words !== "") return;
  askedFor = { caseId, atMs: now };
  actions.send({ type: "open_plan" });
}

/** Where another stage is looked at, look from where its surgeon stands. */
function followStage(): void {
  const { stage } = desk;
  if (stage === null || panel.view === null || stage.key === stageSeen) return;
  stageSeen = stage.key;
  panel.view.lookFrom(SEEN_FROM[stage.position]);
}
