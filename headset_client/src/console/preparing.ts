/** The panel that makes cases of what lies in the host's inbox; it keeps nothing itself. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { CaseEntry, Inbox, InboxEntry, InboxSeries, Preparing } from "../protocol.gen.ts";
import { dateWords } from "./words.ts";

/** What the nurse has picked and typed. */
export interface Wish {
  readonly entry: string | null;
  /** Number of a series; null for the best by rule. */
  readonly series: number | null;
  readonly name: string;
}

export const NO_WISH: Wish = { entry: null, series: null, name: "" };

export interface PreparingActions {
  wish(wish: Wish): void;
  prepare(): void;
  stopPreparing(): void;
}

const KIND_WORDS: Readonly<Record<InboxEntry["kind"], string>> = { folder: "Folder", archive: "ZIP", file: "File" };
const LONGEST_NAME = 80;

/** The panel: what lies in the inbox, or how far the case is that is being made. */
export function preparingTemplate(
  inbox: Inbox | null,
  preparing: Preparing | null,
  cases: readonly CaseEntry[],
  wish: Wish,
  actions: PreparingActions,
): TemplateResult | typeof nothing {
  if (inbox === null) return nothing;
  const running = preparing !== null && isUnderWay(preparing);
  return html`<section class="prepare" aria-labelledby="prepare-title">
    <h3 id="prepare-title">Make a case from a CT</h3>
    <div role="status">${preparing === null || running ? nothing : outcomeTemplate(preparing, cases)}</div>
    ${running ? progressTemplate(preparing, actions) : inboxTemplate(inbox, wish, actions)}
  </section>`;
}

/** Whether a case is being made. */
export function isUnderWay(preparing: Preparing): boolean {
  return preparing.state === "waiting" || preparing.state === "running";
}

/** Why PREPARE cannot be pressed now, or null when it can. */
export function prepareObstacle(inbox: Inbox, wish: Wish): string | null {
  const entry = inbox.entries.find((candidate) => candidate.entry === wish.entry);
  if (entry === undefined) return "Choose what to make it from.";
  return entry.problem === "" ? null : entry.problem;
}

/** "CT, PELVIS SOFT 1.0, 1 Jan 2026, 300 slices, 0.78 x 0.78 x 1 mm" */
export function seriesWords(series: InboxSeries): string {
  const day = series.acquired === null ? "no date" : dayWords(series.acquired);
  const spacing = series.spacing_mm === "" ? "" : `${series.spacing_mm} mm`;
  return [series.modality, series.description, day, `${series.slices} slices`, spacing].filter(Boolean).join(", ");
}

/** "Folder, 31.5 MB, came 22 Nov 2026, 15:04" */
export function entryWords(entry: InboxEntry): string {
  return `${KIND_WORDS[entry.kind]}, ${entry.megabytes.toFixed(1)} MB, came ${dateWords(entry.arrived_utc)}`;
}

function dayWords(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return date.toLocaleDateString("en-GB", { dateStyle: "medium", timeZone: "UTC" });
}

function inboxTemplate(inbox: Inbox, wish: Wish, actions: PreparingActions): TemplateResult {
  if (inbox.entries.length === 0) {
    return html`<p class="hint">
      Put the CT's folder, disc or ZIP into <code>${inbox.folder}</code>; outlines go into the same folder.
    </p>`;
  }
  const chosen = inbox.entries.find((entry) => entry.entry === wish.entry);
  const obstacle = prepareObstacle(inbox, wish);
  return html`
    <fieldset class="entries">
      <legend>In the inbox</legend>
      ${inbox.entries.map((entry) => entryTemplate(entry, wish, actions))}
    </fieldset>
    ${chosen === undefined || chosen.series.length < 2 ? nothing : seriesTemplate(chosen, wish, actions)}
    <label class="field">
      Name of the case, never the patient's
      <input
        type="text"
        maxlength=${LONGEST_NAME}
        autocomplete="off"
        .value=${wish.name}
        @input=${(event: Event) => actions.wish({ ...wish, name: (event.target as HTMLInputElement).value })}
      />
    </label>
    <button
      type="button"
      class="make"
      aria-disabled=${obstacle === null ? "false" : "true"}
      aria-describedby="prepare-hint"
      @click=${() => obstacle === null && actions.prepare()}
    >
      PREPARE
    </button>
    <p class="hint" id="prepare-hint">${obstacle ?? ""}</p>
  `;
}

function entryTemplate(entry: InboxEntry, wish: Wish, actions: PreparingActions): TemplateResult {
  const [only] = entry.series;
  const contents = entry.series.length > 1 || only === undefined ? null : seriesWords(only);
  return html`<label>
    <input
      type="radio"
      name="entry"
      .checked=${entry.entry === wish.entry}
      @change=${() => actions.wish({ ...wish, entry: entry.entry, series: null })}
    />
    <span>
      ${entryWords(entry)}
      <span class="detail">
        ${entry.problem || contents || (entry.series.length > 1 ? `${entry.series.length} series` : nothing)}
      </span>
    </span>
  </label>`;
}

function seriesTemplate(entry: InboxEntry, wish: Wish, actions: PreparingActions): TemplateResult {
  const choose = (event: Event) => {
    const { value } = event.target as HTMLSelectElement;
    actions.wish({ ...wish, series: value === "" ? null : Number(value) });
  };
  return html`<label class="field">
    Series
    <select @change=${choose}>
      <option value="" .selected=${wish.series === null}>The best one, if one is clearly best</option>
      ${entry.series.map(
        (series) =>
          html`<option value=${series.number} .selected=${wish.series === series.number}>${seriesWords(series)}</option>`,
      )}
    </select>
  </label>`;
}

function progressTemplate(preparing: Preparing, actions: PreparingActions): TemplateResult {
  const stage = preparing.state === "waiting" ? "Waiting for the host's other work" : preparing.stage || "Starting";
  return html`
    <label class="progress">
      <span aria-live="polite">${stage}</span>
      <progress max="1" .value=${preparing.fraction}></progress>
    </label>
    ${preparing.picture === null ? nothing : firstLookTemplate(preparing.picture)}
    <button type="button" @click=${() => actions.stopPreparing()}>Stop preparing</button>
  `;
}

function firstLookTemplate(picture: string): TemplateResult {
  return html`<figure class="made">
    <img src=${picture} width="320" height="240" alt="First look at the case" />
    <figcaption class="hint">A first look: rough, and small parts may be missing.</figcaption>
  </figure>`;
}

function outcomeTemplate(preparing: Preparing, cases: readonly CaseEntry[]): TemplateResult {
  if (preparing.state === "stopped") return html`<p class="hint">Stopped. Nothing was stored.</p>`;
  if (preparing.state === "refused") return html`<p class="refusal">No case was made. ${preparing.words}</p>`;
  const made = cases.find((entry) => entry.case_id === preparing.case_id);
  if (made === undefined) return html`<p class="hint">The case is ready.</p>`;
  return html`<figure class="made">
    ${made.picture === null ? nothing : html`<img src=${made.picture} width="320" height="240" alt="Picture of the case" />`}
    <figcaption>${made.name} is ready: ${made.structures} structures.</figcaption>
  </figure>`;
}
