/** What happened of late, the nurse's notes among it, and the place to write one. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { EventEntry } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t, timeWords } from "../messages/messages.ts";

const LONGEST_NOTE = 400;
const NOTE = "NOTE_WRITTEN";

/** The panel, newest first. */
export function logTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const entries = [...(state.heard.events?.entries ?? [])].reverse();
  const { session } = state.heard;
  return html`<section class="card log" aria-labelledby="log-title">
    <h3 id="log-title">${t("log.title")}</h3>
    ${session === undefined || session.case_id === null ? nothing : noteTemplate(state, actions)}
    <div class="lines" role="log" aria-labelledby="log-title" tabindex="0">
      <ol>
        ${entries.map(
          (entry) => html`<li data-kind=${entry.kind}>
            <span class="number">${timeWords(entry.utc)}</span>
            <span>${wordsOf(entry)}</span>
          </li>`,
        )}
      </ol>
    </div>
  </section>`;
}

/** A note is the nurse's own words; all else the host says, in the page's language. */
function wordsOf({ kind, by, words }: EventEntry): string {
  return kind === NOTE ? t("log.note_of", { by: t(`log.by.${by === "surgeon" || by === "observer" || by === "host" ? by : "nurse"}`), words }) : h(words);
}

function noteTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult {
  const { note } = state.picked;
  const write = (event: Event) => {
    event.preventDefault();
    const text = note.trim();
    if (text === "") return;
    actions.send({ type: "note", text });
    actions.pick({ note: "" });
  };
  return html`<form class="note-form" @submit=${write}>
    <label class="field">
      ${t("log.note")}
      <input
        type="text"
        maxlength=${LONGEST_NOTE}
        autocomplete="off"
        .value=${note}
        @input=${(event: Event) => actions.pick({ note: (event.target as HTMLInputElement).value })}
      />
    </label>
    <button type="submit" aria-disabled=${note.trim() === ""}>${t("log.write")}</button>
    <p class="hint">${t("log.hint")}</p>
  </form>`;
}
