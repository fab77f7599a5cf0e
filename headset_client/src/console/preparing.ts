/** The panel that makes cases of what lies in the host's inbox; it keeps nothing itself. */

import { html, nothing, type TemplateResult } from "lit-html";

import type { CaseEntry, Inbox, InboxEntry, InboxSeries, Preparing } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { isUnderWay } from "./making.ts";
import { dateWords, dayWords, numberWords, t } from "./messages/messages.ts";
import { button } from "./parts.ts";
import { NO_WISH, type Wish } from "./wish.ts";

const LONGEST_NAME = 80;

/** The panel: what lies in the inbox, or how far the case is that is being made. */
export function preparingTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { inbox, preparing, cases } = state.heard;
  if (inbox === undefined) return nothing;
  const running = preparing !== undefined && isUnderWay(preparing);
  return html`<section class="card prepare" aria-labelledby="prepare-title">
    <h3 id="prepare-title">${t("prepare.title")}</h3>
    <div role="status">
      ${preparing === undefined || running ? nothing : outcomeTemplate(preparing, cases?.cases ?? [])}
    </div>
    ${running ? progressTemplate(preparing, actions) : inboxTemplate(inbox, state.picked.wish, actions)}
  </section>`;
}

/** Why PREPARE cannot be pressed now, or null when it can. */
export function prepareObstacle(inbox: Inbox, wish: Wish): string | null {
  const entry = inbox.entries.find((candidate) => candidate.entry === wish.entry);
  if (entry === undefined) return t("prepare.choose");
  return entry.problem === "" ? null : h(entry.problem);
}

/** "CT, PELVIS SOFT 1.0, 1 Jan 2026, 300 slices, 0.78 x 0.78 x 1 mm" */
export function seriesWords(series: InboxSeries): string {
  const day = series.acquired === null ? t("prepare.no_date") : dayWords(series.acquired);
  const spacing = series.spacing_mm === "" ? "" : `${series.spacing_mm} mm`;
  return [series.modality, series.description, day, t("prepare.slices", { count: series.slices }), spacing].filter(Boolean).join(", ");
}

/** "Folder, 31.5 MB, came 22 Nov 2026, 15:04" */
export function entryWords(entry: InboxEntry): string {
  const kind = t(`prepare.kind.${entry.kind}`);
  return t("prepare.entry", { kind, megabytes: numberWords(entry.megabytes, 1), when: dateWords(entry.arrived_utc) });
}

function inboxTemplate(inbox: Inbox, wish: Wish, actions: ConsoleActions): TemplateResult {
  if (inbox.entries.length === 0) {
    return html`<p class="hint">
      ${t("prepare.put")} <code>${inbox.folder}</code>; ${t("prepare.put_outlines")}
    </p>`;
  }
  const chosen = inbox.entries.find((entry) => entry.entry === wish.entry);
  return html`
    <fieldset class="entries">
      <legend>${t("prepare.in_inbox")}</legend>
      ${inbox.entries.map((entry) => entryTemplate(entry, wish, actions))}
    </fieldset>
    ${chosen === undefined || chosen.series.length < 2 ? nothing : seriesTemplate(chosen, wish, actions)}
    <label class="field">
      ${t("prepare.name")}
      <input
        type="text"
        maxlength=${LONGEST_NAME}
        autocomplete="off"
        .value=${wish.name}
        @input=${(event: Event) => actions.pick({ wish: { ...wish, name: (event.target as HTMLInputElement).value } })}
      />
    </label>
    ${button(t("prepare.prepare"), {
      name: "prepare",
      class: "make",
      obstacle: prepareObstacle(inbox, wish),
      act: () => prepare(wish, actions),
    })}
  `;
}

function prepare({ entry, series, name }: Wish, actions: ConsoleActions): void {
  if (entry === null) return;
  actions.send({ type: "prepare", entry, series, name: name.trim() || null });
  actions.pick({ wish: NO_WISH });
}

function entryTemplate(entry: InboxEntry, wish: Wish, actions: ConsoleActions): TemplateResult {
  const [only] = entry.series;
  const contents = entry.series.length > 1 || only === undefined ? null : seriesWords(only);
  return html`<label>
    <input
      type="radio"
      name="entry"
      .checked=${entry.entry === wish.entry}
      @change=${() => actions.pick({ wish: { ...wish, entry: entry.entry, series: null } })}
    />
    <span>
      ${entryWords(entry)}
      <span class="detail">
        ${h(entry.problem) || contents || (entry.series.length > 1 ? t("prepare.many_series", { count: entry.series.length }) : nothing)}
      </span>
    </span>
  </label>`;
}

function seriesTemplate(entry: InboxEntry, wish: Wish, actions: ConsoleActions): TemplateResult {
  const choose = (event: Event) => {
    const { value } = event.target as HTMLSelectElement;
    actions.pick({ wish: { ...wish, series: value === "" ? null : Number(value) } });
  };
  return html`<label class="field">
    ${t("prepare.series")}
    <select @change=${choose}>
      <option value="" .selected=${wish.series === null}>${t("prepare.best_series")}</option>
      ${entry.series.map(
        (series) =>
          html`<option value=${series.number} .selected=${wish.series === series.number}>${seriesWords(series)}</option>`,
      )}
    </select>
  </label>`;
}

function progressTemplate(preparing: Preparing, actions: ConsoleActions): TemplateResult {
  const stage = preparing.state === "waiting" ? t("prepare.waiting") : h(preparing.stage) || t("prepare.starting");
  return html`
    <label class="progress">
      <span aria-live="polite">${stage}</span>
      <progress max="1" .value=${preparing.fraction}></progress>
    </label>
    ${preparing.picture === null ? nothing : firstLookTemplate(preparing.picture)}
    <button type="button" @click=${() => actions.send({ type: "stop_preparing" })}>${t("prepare.stop")}</button>
  `;
}

function firstLookTemplate(picture: string): TemplateResult {
  return html`<figure class="made">
    <img src=${picture} width="320" height="240" alt=${t("prepare.first_look")} />
    <figcaption class="hint">${t("prepare.first_look_rough")}</figcaption>
  </figure>`;
}

function outcomeTemplate(preparing: Preparing, cases: readonly CaseEntry[]): TemplateResult {
  if (preparing.state === "stopped") return html`<p class="hint">${t("prepare.stopped")}</p>`;
  if (preparing.state === "refused") return html`<p class="refusal">${t("prepare.refused", { words: h(preparing.words) })}</p>`;
  const made = cases.find((entry) => entry.case_id === preparing.case_id);
  if (made === undefined) return html`<p class="hint">${t("prepare.ready")}</p>`;
  return html`<figure class="made">
    ${made.picture === null ? nothing : html`<img src=${made.picture} width="320" height="240" alt=${t("prepare.picture")} />`}
    <figcaption>${t("prepare.made", { name: made.name, count: made.structures })}</figcaption>
  </figure>`;
}
