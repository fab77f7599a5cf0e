/** The panel of the view everybody shares: HIDE ALL, presets, window, and how each structure is drawn. */

import { html, nothing, type TemplateResult } from "lit-html";

import { swatch } from "../swatch.ts";
import { type Look, looksOf } from "../overlay/look.ts";
import { PRESETS } from "../overlay/presets.ts";
import { type Session, type SetView, type StructureEntry, type View, VIEW_STYLES, type ViewStyle } from "../protocol.gen.ts";

export type ViewChange = Partial<Omit<SetView, "type">>;

export interface ViewingActions {
  setView(change: ViewChange): void;
}

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
const STYLE_WORDS: Readonly<Record<ViewStyle, string>> = {
  solid: "Solid",
  see_through: "Seen through",
  outline: "Outline",
  hidden: "Hidden",
};
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
      name: members.length > 1 ? `${base}, both` : first.name,
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

/** The panel; nothing before the host told of a view or while no case is chosen. */
export function viewingTemplate(
  view: View | null,
  session: Session,
  actions: ViewingActions,
): TemplateResult | typeof nothing {
  if (view === null || session.case_id === null) return nothing;
  const { words } = looksOf(session.structures, view);
  const toggle = (words: string, on: boolean, change: ViewChange) =>
    html`<button type="button" aria-pressed=${on} @click=${() => actions.setView(change)}>${words}</button>`;
  return html`<section class="viewing" aria-labelledby="viewing-title">
    <h3 id="viewing-title">What headsets show</h3>
    <p role="status">${view.cleared ? "Everything is hidden in all headsets." : nothing} ${words}</p>
    <div class="choices">
      <button type="button" class="hide" @click=${() => actions.setView({ cleared: !view.cleared })}>
        ${view.cleared ? "SHOW AGAIN" : "HIDE ALL"}
      </button>
      ${PRESETS.map(({ preset, name }) => toggle(name, view.preset === preset, { preset }))}
      ${toggle("Window to the target", view.window, { window: !view.window })}
      ${toggle("Model beside the field", view.twin, { twin: !view.twin })}
      ${view.clip === null ? nothing : toggle("Take the cut away", true, { clip_off: true })}
    </div>
    <details>
      <summary>Each structure</summary>
      <ul>
        ${rowsOf(session.structures, view).map((row) => rowTemplate(row, actions))}
      </ul>
    </details>
  </section>`;
}

function rowTemplate(row: Row, actions: ViewingActions): TemplateResult {
  const { look, alike, name } = row;
  const step = (by: 1 | -1, sign: string, words: string) =>
    html`<button
      type="button"
      aria-label="${name} ${words}"
      @click=${() => actions.setView(styleChange(row, "see_through", by))}
    >
      ${sign}
    </button>`;
  return html`<li>
    <p>${swatch(row.color_srgb, look)} ${name}</p>
    <div class="choices">
      ${row.styles.map(
        (style) =>
          html`<button
            type="button"
            aria-pressed=${alike && look.style === style}
            aria-label="${name}: ${STYLE_WORDS[style].toLowerCase()}"
            @click=${() => actions.setView(styleChange(row, style))}
          >
            ${STYLE_WORDS[style]}
          </button>`,
      )}
      ${look.style === "see_through" ? html`${step(-1, "−", "fainter")} ${step(1, "+", "stronger")}` : nothing}
    </div>
  </li>`;
}
