/** Three slices through a point, with the outlines of structures, the point, the patient's sides and a scale. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import { expectedErrorText } from "../../overlay/words.ts";
import type { ClientEntry, Gaze, Session, StructureEntry } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { FOLLOWING, gazeOf, type Looking, pointNow, windowOf } from "./looking.ts";
import { type Plane, PLANE_NAMES, pointUnder, stepped } from "./plane.ts";
import { greysOf, SliceCache } from "./slice_cache.ts";
import { figureTemplate, legendTemplate, letterSize, wholeOf } from "./slice_figure.ts";
import type { SlicesNow } from "./slice_source.ts";
import { middleOf, type Point, type SliceVolume, structureAt } from "./volume.ts";

const cuts = new SliceCache();

let lastSeen: Point | null = null;

/** Let go of everything of the patient. */
export function forgetSlices(): void {
  cuts.forget();
  lastSeen = null;
}

/** The panel; a sentence while there is no image to cut. */
export function slicesTemplate(state: ConsoleState, now: SlicesNow, actions: ConsoleActions): TemplateResult {
  const { session } = state.heard;
  return html`<section class="card slices" aria-labelledby="slices-title">
    <h3 id="slices-title">${t("slices.title")}</h3>
    ${now.state === "ready" && session !== undefined ? cutTemplate(state, session, now.volume, actions) : html`<p class="hint">${t(`slices.${now.state === "ready" ? "loading" : now.state}`)}</p>`}
  </section>`;
}

function cutTemplate(state: ConsoleState, session: Session, volume: SliceVolume, actions: ConsoleActions): TemplateResult {
  const { looking } = state.picked;
  const gazes = state.heard.gazes?.gazes ?? [];
  const gaze = gazeOf(gazes, looking);
  const point = pointNow(volume, looking, gaze, lastSeen, session.target_key);
  if (looking.point === null && gaze !== null) lastSeen = point;
  const structures = new Map(session.structures.map((structure) => [structure.key, structure]));
  const table = greysOf(volume, windowOf(volume, looking));
  const go = (to: Point | null) => to !== null && actions.pick({ looking: { ...looking, point: to } });
  const planes = PLANE_NAMES.map((name) => cuts.planeOf(volume, name, point));
  return html`
    <p role="status">${whereTemplate(volume, point, looking, gaze, state.heard.clients?.clients ?? [], structures)}</p>
    <div class="planes">
      ${planes.map((plane) => (plane === null ? nothing : planeTemplate(volume, plane, point, table, session, structures, go)))}
    </div>
    ${legendTemplate(planes, volume, structures)} ${choicesTemplate(volume, looking, gazes, state, session, actions)}
  `;
}

function whereTemplate(
  volume: SliceVolume,
  point: Point,
  looking: Looking,
  gaze: Gaze | null,
  clients: readonly ClientEntry[],
  structures: ReadonlyMap<string, StructureEntry>,
): TemplateResult {
  const key = (looking.point === null ? gaze?.structure : null) ?? structureAt(volume, point);
  const structure = key === null ? undefined : structures.get(key);
  const who = clients.find(({ device_id }) => device_id === gaze?.device_id)?.name;
  const what = structure === undefined ? t("slices.nothing") : h(structure.name);
  const said = looking.point !== null ? t("slices.chosen", { what }) : who === undefined ? t("slices.rest", { what }) : t("slices.seen", { who, what });
  const error = structure === undefined ? nothing : html`· <span class="number">${h(expectedErrorText(structure.expected_error_mm))}</span>`;
  return html`${said} ${error}`;
}

function planeTemplate(
  volume: SliceVolume,
  plane: Plane,
  point: Point,
  table: Uint8ClampedArray,
  session: Session,
  structures: ReadonlyMap<string, StructureEntry>,
  go: (to: Point | null) => void,
): TemplateResult {
  const { name, width, height, cross } = plane;
  const [column, row] = cross;
  const gap = letterSize(plane) / 2;
  return figureTemplate({
    volume,
    plane,
    table,
    structures,
    targetKey: session.target_key,
    region: wholeOf(plane),
    over: svg`<g class="cross">
      <path d="M-0.5 ${row}H${column - gap}M${column + gap} ${row}H${width - 0.5}" />
      <path d="M${column} -0.5V${row - gap}M${column} ${row + gap}V${height - 0.5}" />
    </g>`,
    clicked: (at) => go(pointUnder(volume, name, point, at.column, at.row)),
    step: (by) => go(stepped(volume, name, point, by)),
  });
}

function choicesTemplate(
  volume: SliceVolume,
  looking: Looking,
  gazes: readonly Gaze[],
  state: ConsoleState,
  session: Session,
  actions: ConsoleActions,
): TemplateResult {
  const pick = (change: Partial<Looking>) => actions.pick({ looking: { ...looking, ...change } });
  const names = new Map(state.heard.clients?.clients.map(({ device_id, name }) => [device_id, name]));
  const choice = (words: string, on: boolean, change: Partial<Looking>) =>
    html`<button type="button" aria-pressed=${on} @click=${() => pick(change)}>${words}</button>`;
  const jump = (event: Event) => {
    const select = event.target as HTMLSelectElement;
    const middle = middleOf(volume, select.value);
    select.value = "";
    if (middle !== null) pick({ point: middle });
  };
  return html`<div class="choices">
    ${choice(t("slices.follow"), looking.point === null && looking.device === null, { ...FOLLOWING, window: looking.window })}
    ${
      gazes.length < 2
        ? nothing
        : gazes.map(({ device_id }) =>
            choice(t("slices.follow_one", { name: names.get(device_id) ?? device_id }), looking.point === null && looking.device === device_id, { point: null, device: device_id }),
          )
    }
    ${choice(t("slices.bone"), looking.window === "bone", { window: "bone" })}
    ${choice(t("slices.soft"), looking.window === "soft", { window: "soft" })}
    <label class="field">
      ${t("slices.go")}
      <select @change=${jump}>
        <option value="">${t("slices.go_to")}</option>
        ${session.structures
          .filter(({ key }) => volume.keys.includes(key))
          .map(({ key, name }) => html`<option value=${key}>${h(name)}</option>`)}
      </select>
    </label>
  </div>`;
}
