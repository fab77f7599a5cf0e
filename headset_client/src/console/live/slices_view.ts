/** Three slices through a point, with the outlines of structures, the point, the patient's sides and a scale. */

import { html, nothing, svg, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";

import { expectedErrorText } from "../../overlay/words.ts";
import type { ClientEntry, Gaze, Session, StructureEntry } from "../../protocol.gen.ts";
import type { ConsoleActions, ConsoleState } from "../console_state.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { FOLLOWING, gazeOf, type Looking, pointNow, windowOf } from "./looking.ts";
import { greyTable, labelsIn, outlinePath, type Plane, PLANE_NAMES, type PlaneName, planeThrough, pointUnder, scaleMm, stepped } from "./plane.ts";
import type { SlicesNow } from "./slice_source.ts";
import { middleOf, type Point, type SliceVolume, structureAt } from "./volume.ts";

const DASHES: Readonly<Record<string, string>> = { nerve: "4 3", vessel: "9 3" };
const DRAWN = new WeakMap<HTMLCanvasElement, { plane: Plane; table: Uint8ClampedArray }>();
const TABLES = new WeakMap<SliceVolume, Map<string, Uint8ClampedArray>>();
const OUTLINES = new WeakMap<Plane, readonly (readonly [number, string])[]>();
const PLANES = new Map<PlaneName, { volume: SliceVolume; key: string; plane: Plane | null }>();

let lastSeen: Point | null = null;

/** Let go of everything of the patient. */
export function forgetSlices(): void {
  PLANES.clear();
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
  const table = tableOf(volume, looking);
  const go = (to: Point | null) => to !== null && actions.pick({ looking: { ...looking, point: to } });
  const planes = PLANE_NAMES.map((name) => planeOf(volume, name, point));
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
  const { name, width, height, letters, cross } = plane;
  const [column, row] = cross;
  const size = Math.max(width, height) / 15;
  const scale = scaleMm(width * volume.spacingMm);
  const clicked = (event: MouseEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = (offset: number, length: number, voxels: number) => Math.floor((offset / length) * voxels);
    go(pointUnder(volume, name, point, at(event.clientX - box.left, box.width, width), at(event.clientY - box.top, box.height, height)));
  };
  const letter = (words: string, x: number, y: number) => svg`<text x=${x} y=${y} font-size=${size}>${words}</text>`;
  const words = t(`slices.${name}`);
  return html`<figure>
    <div class="cut">
      <canvas width=${width} height=${height} ${ref(drawn(plane, table))}></canvas>
      <svg viewBox="-0.5 -0.5 ${width} ${height}" role="img" aria-label=${t("slices.picture", { plane: words })} @click=${clicked}>
        ${outlinesOf(plane).map(([label, path]) => outlineTemplate(path, structures.get(volume.keys[label - 1] ?? ""), session))}
        <g class="cross">
          <path d="M-0.5 ${row}H${column - size / 2}M${column + size / 2} ${row}H${width - 0.5}" />
          <path d="M${column} -0.5V${row - size / 2}M${column} ${row + size / 2}V${height - 0.5}" />
        </g>
        <g class="letters" aria-hidden="true">
          ${letter(letters.left, size * 0.7, height / 2)} ${letter(letters.right, width - size * 0.8, height / 2)}
          ${letter(letters.top, width / 2, size * 0.9)} ${letter(letters.bottom, width / 2, height - size * 0.5)}
          <path class="scale" d="M${size / 2} ${height - size}v${size / 3}h${scale / volume.spacingMm}v${-size / 3}" />
          <text class="length" x=${size / 2 + scale / volume.spacingMm / 2} y=${height - size * 1.2} font-size=${size * 0.8}>${scale} mm</text>
        </g>
      </svg>
    </div>
    <figcaption>
      <span>${words}</span>
      <button type="button" aria-label=${t("slices.back", { plane: words })} @click=${() => go(stepped(volume, name, point, -1))}>−</button>
      <button type="button" aria-label=${t("slices.on", { plane: words })} @click=${() => go(stepped(volume, name, point, 1))}>+</button>
    </figcaption>
  </figure>`;
}

function outlineTemplate(path: string, structure: StructureEntry | undefined, session: Session): TemplateResult {
  if (structure === undefined) return svg``;
  const width = structure.key === session.target_key ? 3 : 1.8;
  return svg`<path class="ground" d=${path} stroke-width=${width + 2} />
    <path class="outline" d=${path} stroke=${rgb(structure)} stroke-width=${width} stroke-dasharray=${DASHES[structure.kind] ?? "none"} />`;
}

function legendTemplate(
  planes: readonly (Plane | null)[],
  volume: SliceVolume,
  structures: ReadonlyMap<string, StructureEntry>,
): TemplateResult {
  const labels = new Set(planes.flatMap((plane) => (plane === null ? [] : outlinesOf(plane).map(([label]) => label))));
  const shown = [...labels].sort((one, other) => one - other).map((label) => structures.get(volume.keys[label - 1] ?? ""));
  return html`<details>
    <summary>${t("slices.outlines")}</summary>
    <ul class="legend" aria-label=${t("slices.outlines")}>
      ${shown.map((structure) =>
      structure === undefined
        ? nothing
        : html`<li>
            <svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true">
              <path d="M0 4H28" stroke=${rgb(structure)} stroke-width="3" stroke-dasharray=${DASHES[structure.kind] ?? "none"} />
            </svg>
            ${h(structure.name)}
          </li>`,
      )}
    </ul>
  </details>`;
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

function rgb({ color_srgb }: StructureEntry): string {
  return `rgb(${color_srgb.map((part) => Math.round(part * 255)).join(" ")})`;
}

/** A slice is cut anew only where it is another: pages are drawn twice a second. */
function planeOf(volume: SliceVolume, name: PlaneName, point: Point): Plane | null {
  const key = point.map((mm) => Math.round(mm / volume.spacingMm)).join(" ");
  const kept = PLANES.get(name);
  if (kept?.volume === volume && kept.key === key) return kept.plane;
  const plane = planeThrough(volume, name, point);
  PLANES.set(name, { volume, key, plane });
  return plane;
}

function outlinesOf(plane: Plane): readonly (readonly [number, string])[] {
  const kept = OUTLINES.get(plane);
  if (kept !== undefined) return kept;
  const made = labelsIn(plane).map((label) => [label, outlinePath(plane, label)] as const);
  OUTLINES.set(plane, made);
  return made;
}

function tableOf(volume: SliceVolume, looking: Looking): Uint8ClampedArray {
  const [low, high] = windowOf(volume, looking);
  const tables = TABLES.get(volume) ?? new Map<string, Uint8ClampedArray>();
  TABLES.set(volume, tables);
  const table = tables.get(`${low} ${high}`) ?? greyTable(volume, low, high);
  tables.set(`${low} ${high}`, table);
  return table;
}

function drawn(plane: Plane, table: Uint8ClampedArray): (element?: Element) => void {
  return (element) => {
    if (!(element instanceof HTMLCanvasElement)) return;
    const before = DRAWN.get(element);
    if (before?.plane === plane && before.table === table) return;
    DRAWN.set(element, { plane, table });
    const context = element.getContext("2d", { alpha: false })!;
    const image = context.createImageData(plane.width, plane.height);
    plane.grey.forEach((step, at) => {
      image.data.fill(table[step]!, 4 * at, 4 * at + 3);
      image.data[4 * at + 3] = 255;
    });
    context.putImageData(image, 0, 0);
  };
}
