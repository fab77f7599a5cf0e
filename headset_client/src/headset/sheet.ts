/** The words around the camera picture, and the form for the code: HTML from the newest state, nothing kept. */

import { html, nothing, type TemplateResult } from "lit-html";

import { type Group, legend } from "../overlay/legend.ts";
import { looksOf } from "../overlay/look.ts";
import type { Command } from "../overlay/menu.ts";
import { bandWords, COLOURS_TITLE } from "../overlay/paints.ts";
import { sightOf } from "../overlay/stage_sight.ts";
import { type StageNow, stageWords } from "../overlay/staging.ts";
import type { Standing } from "../overlay/state.ts";
import { VOICE_WORDS } from "../overlay/voice_words.ts";
import type { Waiting } from "../overlay/waiting.ts";
import { expectedErrorText } from "../overlay/words.ts";
import type { Session, View, Welcome } from "../protocol.gen.ts";
import { patch, swatch } from "../swatch.ts";
import type { PaintsNow } from "./wishes.ts";

export interface SheetState {
  readonly welcome: Welcome | null;
  readonly session: Session | null;
  readonly view: View | null;
  /** The stage of the plan that is on; null without one. */
  readonly stage: StageNow | null;
  /** The plan's colours on the tumour, and shells round it. */
  readonly paints: PaintsNow;
  readonly standing: Standing;
  readonly caution: string;
  readonly age: string;
  readonly hasPicture: boolean;
  readonly waiting: Waiting;
  /** Whether the headset's own camera may still be allowed, to find the board with. */
  readonly asksForCamera: boolean;
  /** Whether words are listened for on this device; null where that cannot be. */
  readonly listens: boolean | null;
  /** What the host, or this device, has to say besides; empty for nothing. */
  readonly trouble: string;
  /** The name of this device while the nurse asks which one it is, else null. */
  readonly meant: string | null;
  /** What keeps this device out, or null while a code is not needed. */
  readonly door: { readonly message: string; readonly mend: string } | null;
}

export interface SheetActions {
  enter(): void;
  allowCamera(): void;
  carryOut(command: Command): void;
  /** Begin to listen for words, or end it. */
  listen(): void;
  submitCode(event: SubmitEvent): void;
}

/** The whole page but the picture. */
export function sheetTemplate(state: SheetState, actions: SheetActions): TemplateResult {
  return html`
    <header>
      <p class="state" data-word=${state.standing.word} role="status">
        <strong class="word">${state.standing.word}</strong>
        <span class="why">${state.standing.why}</span>
      </p>
      ${state.stage === null ? nothing : html`<p class="stage" role="status">${stageWords(state.stage)}</p>`}
      ${state.welcome?.simulated ? html`<p class="simulated">SIMULATED</p>` : nothing}
      <p class="room">${state.welcome === null ? "orview" : state.welcome.room_name}</p>
      ${state.asksForCamera
        ? html`<button type="button" class="enter" @click=${actions.allowCamera}>Allow the camera</button>`
        : nothing}
      ${state.listens === null
        ? nothing
        : html`<button type="button" class="enter" aria-pressed=${state.listens} @click=${actions.listen}>
            ${state.listens ? "Listening" : "Listen for words"}
          </button>`}
    </header>
    ${state.meant === null ? nothing : html`<p class="meant" role="status"><span>${state.meant}</span></p>`}
    ${state.trouble === "" ? nothing : html`<p class="trouble" role="alert">${state.trouble}</p>`}
    ${state.door === null ? waitingTemplate(state, actions) : doorTemplate(state.door, actions)}
    ${state.session === null || state.session.state === "OFF" ? nothing : legendTemplate(state.session, state, actions)}
    <footer>
      <p class="caution">${state.caution}</p>
      <p class="error">
        ${targetTemplate(state.session)}
        <span class="age">pose age <span class="number">${state.age}</span></span>
      </p>
    </footer>
  `;
}

/** The room and what happens next, with the one big button; out of the way of a picture where there is nothing to enter. */
function waitingTemplate(state: SheetState, actions: SheetActions): TemplateResult | typeof nothing {
  const { title, next, enter, trouble } = state.waiting;
  if (state.hasPicture && enter === null) return nothing;
  return html`
    <section class="waiting" aria-label="The room">
      <h1>${title}</h1>
      <p>${next}</p>
      ${enter === null
        ? nothing
        : html`<button type="button" class="enter" @click=${actions.enter}>${enter}</button>`}
      ${state.listens ? html`<p>Say ${VOICE_WORDS}. Nothing of it leaves this device.</p>` : nothing}
      ${trouble === "" ? nothing : html`<p class="refused" role="alert">${trouble}</p>`}
    </section>
  `;
}

function doorTemplate(door: { message: string; mend: string }, actions: SheetActions): TemplateResult {
  return html`
    <form class="door" @submit=${actions.submitCode}>
      <h1>Join the room</h1>
      <p>${door.message} ${door.mend}</p>
      <label for="code">Code on the nurse's console</label>
      <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" required />
      <button type="submit">Join</button>
    </form>
  `;
}

function targetTemplate(session: Session | null): TemplateResult | typeof nothing {
  if (session === null || session.state === "OFF") return nothing;
  const target = session.structures.find((structure) => structure.key === session.target_key);
  return html`<span>
    Expected error at ${target?.name ?? "the target"}
    <strong class="number">${expectedErrorText(session.expected_error_mm)}</strong>
  </span>`;
}

function legendTemplate(session: Session, state: SheetState, actions: SheetActions): TemplateResult {
  const view = state.view ?? undefined;
  const sight = sightOf(state.stage);
  const { words } = looksOf(session.structures, view, sight);
  return html`
    <section class="legend" aria-label="Structures" tabindex="0">
      <h2>${session.case_name}</h2>
      ${legend(session.structures, view, sight).map(groupTemplate)}
      ${words === "" ? nothing : html`<p>${words}</p>`}
      ${paintsTemplate(state.paints, actions)}
    </section>
  `;
}

/** What switches the plan's colours and shells, and what the colours tell. */
function paintsTemplate({ on, bands, labels }: PaintsNow, actions: SheetActions): TemplateResult {
  const button = (label: string | null, command: Command) =>
    label === null ? nothing : html`<button type="button" @click=${() => actions.carryOut(command)}>${label}</button>`;
  return html`
    ${on === null
      ? nothing
      : html`<h3>${COLOURS_TITLE[on]}</h3>
          <ul>
            ${bands.map((band) => html`<li>${patch(band.color_srgb)} ${bandWords(on, band)}</li>`)}
          </ul>`}
    ${button(labels.colours, { do: "colours" })} ${button(labels.shell, { do: "shell" })}
  `;
}

function groupTemplate(group: Group): TemplateResult {
  return html`
    ${group.note === "" ? nothing : html`<h3>${group.note}</h3>`}
    <ul>
      ${group.lines.map((line) => html`<li>${swatch(line.color_srgb, line.look)} ${line.name}</li>`)}
    </ul>
  `;
}
