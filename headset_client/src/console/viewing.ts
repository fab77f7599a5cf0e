/** The panel of the view everybody shares: HIDE ALL, presets, window, and how each structure is drawn. */

import { html, nothing, type TemplateResult } from "lit-html";

import { swatch } from "../swatch.ts";
import { type Look, looksOf } from "../overlay/look.ts";
import { PRESETS } from "../overlay/presets.ts";
import { UNCHANGED } from "../overlay/unchanged.ts";
import { type SetView, type StructureEntry, type View, VIEW_STYLES, type ViewStyle } from "../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "./console_state.ts";
import { h } from "./host_words.ts";
import { t } from "./messages/messages.ts";

export type ViewChange = Partial<Omit<SetView, "type">>;

/** One line of the list: a structure, or both sides of a pair. */
export interface Row {
  readonly name: string;
  readonly keys: readonly string[];
  readonly color_srgb: readonly number[];
  readonly look: Look;
  /** Whether all of them look like this. */
  readonly alike: boolean;
  /** What may be chosen: what can move is never drawn solid. */
  readonly styles: readonly ViewStyle[];
}

const SIDE = / (left|right)$/;
const MOST_STEP = 4;
const LEAST_STEP = 1;

/** The structures as the panel lists them. */
export function rowsOf(structures: readonly StructureEntry[], view: View): Row[] {
  const { byKey } = looksOf(structures, view);
  const bases = new Map<string, StructureEntry[]>();
  for (const structure of structures) {
    const base = structure.name.replace(SIDE, "");
    bases.set(base, [...(bases.get(base) ?? []), structure]);
  }
  return [...bases].map(([base, members]) => {
    const looks = members.map(({ key }) => byKey.get(key)!);
    const first = members[0]!;
    return {
      name: members.length > 1 ? t("view.both", { name: h(base) }) : h(first.name),
      keys: members.map(({ key }) => key),
      color_srgb: first.color_srgb,
      look: looks[0]!,
      alike: looks.every(({ style, step }) => style === looks[0]!.style && step === looks[0]!.step),
      styles: VIEW_STYLES.filter((style) => style !== "solid" || members.every(({ rigid }) => rigid)),
    };
  });
}

/** The change that draws a row in a style, with its opacity so many steps stronger or fainter. */
export function styleChange(row: Row, style: ViewStyle, steps = 0): ViewChange {
  const opacity_step = Math.min(MOST_STEP, Math.max(LEAST_STEP, row.look.step + steps));
  return { styles: row.keys.map((key) => ({ key, style, opacity_step })) };
}

/** Change the view everybody shares. */
export function changeView(change: ViewChange, actions: ConsoleActions): void {
  actions.send({ ...UNCHANGED, ...change });
}

/** The panel; nothing before the host told of a view or while no case is chosen. */
export function viewingTemplate(state: ConsoleState, actions: ConsoleActions): TemplateResult | typeof nothing {
  const { view, session } = state.heard;
  if (view === undefined || session === undefined || session.case_id === null) return nothing;
  const { words } = looksOf(session.structures, view);
  const toggle = (words: string, on: boolean, change: ViewChange) =>
    html`<button type="button" aria-pressed=${on} @click=${() => changeView(change, actions)}>${words}</button>`;
  return html`<section class="card viewing" aria-labelledby="viewing-title">
    <h3 id="viewing-title">${t("view.title")}</h3>
    <p role="status">${view.cleared ? t("view.hidden") : nothing} ${h(words)}</p>
    <div class="choices">
      ${PRESETS.map(({ preset }) => toggle(t(`view.preset.${preset}`), view.preset === preset, { preset }))}
      ${toggle(t("view.window"), view.window, { window: !view.window })}
      ${toggle(t("view.twin"), view.twin, { twin: !view.twin })}
      ${view.clip === null ? nothing : toggle(t("view.uncut"), true, { clip_off: true })}
    </div>
    <details>
      <summary>${t("view.each")}</summary>
      <ul>
        ${rowsOf(session.structures, view).map((row) => rowTemplate(row, actions))}
      </ul>
    </details>
  </section>`;
}

function rowTemplate(row: Row, actions: ConsoleActions): TemplateResult {
  const { look, alike, name } = row;
  const step = (by: 1 | -1, sign: string, words: string) =>
    html`<button type="button" aria-label=${words} @click=${() => changeView(styleChange(row, "see_through", by), actions)}>
      ${sign}
    </button>`;
  return html`<li>
    <p>${swatch(row.color_srgb, look)} ${name}</p>
    <div class="choices">
      ${row.styles.map((style) => {
        const words = t(`view.style.${style}`);
        return html`<button
          type="button"
          aria-pressed=${alike && look.style === style}
          aria-label=${t("view.styled", { name, style: words })}
          @click=${() => changeView(styleChange(row, style), actions)}
        >
          ${words}
        </button>`;
      })}
      ${
        look.style === "see_through"
          ? html`${step(-1, "−", t("view.fainter", { name }))} ${step(1, "+", t("view.stronger", { name }))}`
          : nothing
      }
    </div>
  </li>`;
}
