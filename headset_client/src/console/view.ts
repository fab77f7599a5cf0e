/** The nurse's page as HTML from the newest state; it keeps nothing itself. */

import { html, nothing, type TemplateResult } from "lit-html";

import { ageText, expectedErrorText, RESEARCH_USE } from "../overlay/words.ts";
import type {
  Camera,
  CaseEntry,
  Cases,
  CheckPoints,
  ClientEntry,
  Clients,
  ConditionEntry,
  Inbox,
  Joining,
  Landmarks,
  LogHead,
  Nearby,
  NoticeWeight,
  Pointer,
  Preparing,
  Session,
  View,
  Welcome,
} from "../protocol.gen.ts";
import { type CheckingActions, checkingTemplate } from "./checking.ts";
import { type CalibratingActions, calibratingTemplate } from "./calibrating.ts";
import { type PreparingActions, preparingTemplate, type Wish } from "./preparing.ts";
import { qrPath } from "./qr.ts";
import { type RegisteringActions, registeringTemplate } from "./registering.ts";
import {
  clientNumbers,
  clientWords,
  codeWords,
  confirmObstacle,
  dateWords,
  fingerprintWords,
  logHeadWords,
  type Light,
  registrationWords,
  roleWords,
  selectObstacle,
  startObstacle,
  stopObstacle,
} from "./words.ts";
import { type ViewingActions, viewingTemplate } from "./viewing.ts";

export interface Note {
  readonly weight: NoticeWeight;
  readonly text: string;
}

export interface ConsoleState {
  readonly welcome: Welcome | null;
  readonly connected: boolean;
  readonly door: { readonly message: string; readonly mend: string } | null;
  readonly session: Session | null;
  readonly cases: Cases | null;
  readonly clients: Clients | null;
  readonly joining: Joining | null;
  readonly checkPoints: CheckPoints | null;
  readonly view: View | null;
  /** Minutes until the next check point is due; null while none stands or the host's clock is unknown. */
  readonly checkMinutesLeft: number | null;
  readonly inbox: Inbox | null;
  readonly preparing: Preparing | null;
  /** What the nurse wants a case to be made of. */
  readonly wish: Wish;
  /** Seconds the joining code is still good for; null while the host's clock is unknown. */
  readonly codeSecondsLeft: number | null;
  readonly pointer: Pointer | null;
  readonly landmarks: Landmarks | null;
  readonly logHead: LogHead | null;
  readonly nearby: Nearby | null;
  /** The device the nurse is about to put out, while she is asked whether she means it. */
  readonly leaving: string | null;
  readonly camera: Camera | null;
  /** The board the nurse chose to calibrate with. */
  readonly calibrationBoard: string | null;
  /** Address of the camera's newest picture. */
  readonly picture: string | null;
  readonly note: Note | null;
  /** The two identifiers the nurse has compared. */
  readonly ticked: readonly [boolean, boolean];
}

export interface ConsoleActions extends PreparingActions, CheckingActions, RegisteringActions, CalibratingActions, ViewingActions {
  select(caseId: string): void;
  start(): void;
  confirm(): void;
  stop(): void;
  newCode(): void;
  tick(index: 0 | 1, on: boolean): void;
  /** Ask whether this device is to be put out; null asks no more. */
  askToLeave(deviceId: string | null): void;
  putOut(deviceId: string): void;
  dismiss(): void;
}

const LIGHT_WORDS: Readonly<Record<Light, string>> = { good: "OK", wait: "WAIT", bad: "FAULT" };
const IDENTIFIERS = ["Name on the wristband matches", "Date of birth or number matches"];

/** The whole page. */
export function consoleTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  return html`
    <header class="top">
      <h1>${state.welcome?.room_name ?? "orview"}</h1>
      <p class="host">${state.welcome === null ? nothing : `Host ${state.welcome.host_name}`}</p>
      ${state.welcome?.simulated ? html`<p class="simulated">SIMULATED</p>` : nothing}
      <p class="link">${lamp(state.connected ? "good" : "bad", state.connected ? "LINKED" : "NO LINK")}</p>
    </header>
    <div class="note-place" role="alert">${state.note === null ? nothing : noteTemplate(state.note, actions)}</div>
    ${state.door === null ? roomTemplate(state, actions) : doorTemplate(state.door)}
    <footer class="bottom">
      ${state.welcome?.research_use || RESEARCH_USE}${logHeadWords(state.logHead)}
    </footer>
  `;
}

function doorTemplate(door: { message: string; mend: string }): TemplateResult {
  return html`<section class="card door">
    <h2>This console is not let in</h2>
    <p>${door.message}</p>
    <p>${door.mend}</p>
  </section>`;
}

function roomTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { session } = state;
  if (session === null) return html`<p class="card waiting">Connecting to the host.</p>`;
  const { camera } = state;
  const panel =
    camera === null ? nothing : calibratingTemplate(camera, state.calibrationBoard, state.picture, actions);
  // While a person holds a board before the camera, the panel is what everybody looks at.
  const first = camera !== null && (camera.state === "calibrating" || camera.state === "checking");
  return html`
    ${bannerTemplate(state, session)} ${first ? panel : nothing}
    <div class="columns">
      <section class="card" aria-labelledby="case-title">
        <h2 id="case-title"><span class="step">1</span> Choose the case</h2>
        ${casesTemplate(state.cases?.cases ?? [], session, actions)}
        ${registeringTemplate(state.landmarks, state.pointer, session, actions)}
        ${preparingTemplate(state.inbox, state.preparing, state.cases?.cases ?? [], state.wish, actions)}
      </section>
      <section class="card" aria-labelledby="team-title">
        <h2 id="team-title"><span class="step">2</span> Bring in the headsets</h2>
        ${otherHostsTemplate(state.nearby)} ${joiningTemplate(state, actions)}
        ${clientsTemplate(state.clients?.clients ?? [], state.leaving, actions)} ${headsetAppsTemplate(state)}
      </section>
      <section class="card" aria-labelledby="run-title">
        <h2 id="run-title"><span class="step">3</span> Start, confirm, stop</h2>
        ${runTemplate(state, session, actions)}
      </section>
    </div>
    ${first ? nothing : panel}
  `;
}

function bannerTemplate(state: ConsoleState, session: Session): TemplateResult {
  const word = state.connected ? session.state : "NO LINK";
  const why = state.connected ? session.why : "The host does not answer. Headsets hide the model by themselves.";
  const target = session.structures.find((structure) => structure.key === session.target_key);
  return html`
    <section class="banner" data-word=${state.connected ? session.state : "LOST"} aria-label="Session">
      <p class="words" role="status">
        <strong class="word">${word}</strong>
        <span class="why">${why}</span>
      </p>
      <dl>
        <div>
          <dt>Case</dt>
          <dd>${session.case_name ?? "none"}</dd>
        </div>
        <div>
          <dt>Expected error at ${target?.name ?? "the target"}</dt>
          <dd class="number">${expectedErrorText(session.expected_error_mm)}</dd>
        </div>
        <div>
          <dt>Oldest pose in a headset</dt>
          <dd class="number">${ageText(oldestPoseMs(state.clients?.clients ?? []))}</dd>
        </div>
      </dl>
    </section>
  `;
}

function oldestPoseMs(clients: readonly ClientEntry[]): number | null {
  const ages = clients.flatMap((client) => (client.shown && client.pose_age_ms !== null ? [client.pose_age_ms] : []));
  return ages.length === 0 ? null : Math.max(...ages);
}

function casesTemplate(cases: readonly CaseEntry[], session: Session, actions: ConsoleActions): TemplateResult {
  if (cases.length === 0) {
    return html`<p class="empty">No case yet. Make one from a CT below, or with <code>orview prepare FOLDER</code></p>`;
  }
  const obstacle = selectObstacle(session);
  return html`
    <ul class="cases">
      ${cases.map((entry) => {
        const { light, words } = registrationWords(entry);
        const chosen = entry.case_id === session.case_id;
        return html`<li>
          <button
            type="button"
            class="case"
            aria-pressed=${chosen ? "true" : "false"}
            aria-disabled=${obstacle === null ? "false" : "true"}
            @click=${() => obstacle === null && actions.select(entry.case_id)}
          >
            ${entry.picture === null ? nothing : html`<img src=${entry.picture} width="96" height="72" alt="" />`}
            <span class="name">${entry.name}</span>
            <span class="chosen">${chosen ? "CHOSEN" : nothing}</span>
            <span class="detail">${dateWords(entry.created_utc)} · ${entry.structures} structures</span>
            <span class="detail">${lamp(light, LIGHT_WORDS[light])} ${words}</span>
          </button>
        </li>`;
      })}
    </ul>
    ${obstacle === null ? nothing : html`<p class="hint">${obstacle}</p>`}
  `;
}

function joiningTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { joining, codeSecondsLeft } = state;
  const stands = joining !== null && joining.code !== null && (codeSecondsLeft === null || codeSecondsLeft > 0);
  const renew = html`<button type="button" @click=${() => actions.newCode()}>New code</button>`;
  if (!stands || joining.code === null) {
    return html`<div class="joining">
      <p class="hint">Let a headset in: make a code, then scan it with the headset or type it there.</p>
      ${renew}
    </div>`;
  }
  const qr = qrPath(joining.url);
  return html`<div class="joining">
    <p class="address">${joining.url.replace(/#.*$/, "")}</p>
    <svg class="qr" viewBox="0 0 ${qr.size} ${qr.size}" role="img" aria-label="QR code to join this room">
      <rect width=${qr.size} height=${qr.size} fill="#fff" />
      <path d=${qr.path} fill="#000" shape-rendering="crispEdges" />
    </svg>
    <div class="by-hand">
      <p class="code number" aria-label="Joining code">${codeWords(joining.code)}</p>
      <p class="hint">
        ${codeSecondsLeft === null ? nothing : html`good for <span class="number">${codeSecondsLeft} s</span>, once`}
      </p>
      <p class="hint">Certificate <span class="number">${fingerprintWords(joining.fingerprint)}</span></p>
      ${renew}
    </div>
  </div>`;
}

/** Two hosts on one network: a headset may join the wrong one, so this stays on the screen as long as it is so. */
function otherHostsTemplate(nearby: Nearby | null): TemplateResult | typeof nothing {
  if (nearby === null || nearby.hosts.length === 0) return nothing;
  return html`<div class="other-hosts" role="status">
    <p>${lamp("bad", "CARE")} <strong>Another host answers on this network.</strong> Join headsets by the QR code of this screen.</p>
    <ul>
      ${nearby.hosts.map((host) => html`<li>${host.name} at <span class="number">${host.address}</span>${host.replay ? ", a replay" : nothing}</li>`)}
    </ul>
  </div>`;
}

function headsetAppsTemplate(state: ConsoleState): TemplateResult | typeof nothing {
  const inside = new Set(state.clients?.clients.map((client) => client.name));
  const headsets = state.nearby?.headsets.filter((headset) => !inside.has(headset.name)) ?? [];
  if (headsets.length === 0) return nothing;
  return html`<div class="nearby">
    <h3>Headsets nearby, not in</h3>
    <ul>
      ${headsets.map((headset) => html`<li>${headset.name} <span class="detail number">${headset.address}</span></li>`)}
    </ul>
    <p class="hint">Type the joining code there.</p>
  </div>`;
}

function leaveTemplate(client: ClientEntry, leaving: string | null, actions: ConsoleActions): TemplateResult | typeof nothing {
  if (client.role === "nurse") return nothing;
  if (leaving !== client.device_id) {
    return html`<button type="button" class="leave" aria-label="Put out ${client.name}" @click=${() => actions.askToLeave(client.device_id)}>
      Put out
    </button>`;
  }
  return html`<div class="leave asked" role="group" aria-label="Put out ${client.name}?">
    <span>It needs a new code to come back.</span>
    <button type="button" class="stop" @click=${() => actions.putOut(client.device_id)}>Put ${client.name} out</button>
    <button type="button" @click=${() => actions.askToLeave(null)}>Keep</button>
  </div>`;
}

function clientsTemplate(
  clients: readonly ClientEntry[],
  leaving: string | null,
  actions: ConsoleActions,
): TemplateResult {
  if (clients.length === 0) return html`<p class="empty">Nobody is in yet.</p>`;
  return html`<ul class="clients">
    ${clients.map((client) => {
      const { light, words } = clientWords(client);
      return html`<li>
        <span class="name">${client.name}</span>
        <span class="role">${roleWords(client.role)}</span>
        <span class="detail">${lamp(light, LIGHT_WORDS[light])} ${words}</span>
        ${client.role === "nurse" ? nothing : html`<span class="detail number">${clientNumbers(client)}</span>`}
        ${leaveTemplate(client, leaving, actions)}
      </li>`;
    })}
  </ul>`;
}

function runTemplate(state: ConsoleState, session: Session, actions: ConsoleActions): TemplateResult {
  const identifiersMatch = state.ticked.every(Boolean);
  const confirmed = session.state === "LIVE" || session.state === "LOST";
  return html`
    <ul class="conditions" aria-label="What LIVE needs">
      ${session.conditions.map(conditionTemplate)}
    </ul>
    <div class="acts">
      ${actTemplate("START", "start", startObstacle(session), actions.start)}
      ${actTemplate("STOP", "stop", stopObstacle(session), actions.stop)}
    </div>
    ${viewingTemplate(state.view, session, actions)}
    ${checkingTemplate(state.checkPoints, state.pointer, session, state.checkMinutesLeft, actions)}
    <fieldset ?disabled=${session.state !== "HOLD"}>
      <legend>Is this the patient?</legend>
      <p class="patient">${session.case_name ?? "No case is chosen."}</p>
      ${IDENTIFIERS.map(
        (words, index) => html`<label>
          <input
            type="checkbox"
            .checked=${confirmed || state.ticked[index as 0 | 1]}
            @change=${(event: Event) => actions.tick(index as 0 | 1, (event.target as HTMLInputElement).checked)}
          />
          ${words}
        </label>`,
      )}
    </fieldset>
    ${actTemplate("CONFIRM", "confirm", confirmObstacle(session, identifiersMatch), actions.confirm)}
  `;
}

/** A button that says why it does nothing, instead of vanishing from the keyboard's path. */
function actTemplate(name: string, kind: string, obstacle: string | null, act: () => void): TemplateResult {
  return html`<div class="act">
    <button
      type="button"
      class=${kind}
      aria-disabled=${obstacle === null ? "false" : "true"}
      aria-describedby="${kind}-hint"
      @click=${() => obstacle === null && act()}
    >
      ${name}
    </button>
    <p class="hint" id="${kind}-hint">${obstacle ?? ""}</p>
  </div>`;
}

function conditionTemplate(condition: ConditionEntry): TemplateResult {
  return html`<li>${lamp(condition.ok ? "good" : "wait", condition.ok ? "OK" : "WAIT")} <span>${condition.words}</span></li>`;
}

/** A traffic light in word and colour. */
function lamp(light: Light, word: string): TemplateResult {
  return html`<strong class="lamp" data-light=${light}>${word}</strong>`;
}

function noteTemplate(note: Note, actions: ConsoleActions): TemplateResult {
  return html`<p class="note" data-weight=${note.weight}>
    <span>${note.text}</span>
    <button type="button" @click=${() => actions.dismiss()}>Close</button>
  </p>`;
}
