/** Three slices through a plane's middle, or through where somebody pressed, with the planes' lines; a line can be dragged. */

import { html, nothing, svg, type TemplateResult } from "lit-html";

import { dot, less, type Vec } from "../../overlay/vec.ts";
import type { PlanPlane, Session } from "../../protocol.gen.ts";
import { windowOf } from "../live/looking.ts";
import { placeOf, PLANE_NAMES, type PlaneName, type Plane, pointUnder, stepped, throughAxis, wayBetween } from "../live/plane.ts";
import { greysOf, SliceCache } from "../live/slice_cache.ts";
import { figureTemplate, legendTemplate, letterSize, placeUnder, type Region, wholeOf } from "../live/slice_figure.ts";
import type { SlicesNow } from "../live/slice_source.ts";
import { middleOf, type Point, pointOf, type SliceVolume, voxelAt } from "../live/volume.ts";
import { t } from "../messages/messages.ts";
import type { Desk } from "./desk.ts";
import { crossings, lineIn, partsThrough, type Stretch } from "./in_slice.ts";
import { centerMm, cornersMm, movedAlong, turnedAbout } from "./quad.ts";
import type { ShownLine } from "./shown.ts";

/** How much of the patient is shown round the middle, mm; a resection of the sacrum is not wider. */
const NEAR_MM = 170;
/** How near to a line a pointer takes hold of it, and of its ends, px. */
const GRIP_PX = 12;
const END_PX = 16;
/** Length of the stroke that points to what is kept. */
const KEPT_MM = 12;

const cuts = new SliceCache();

/** Let go of everything of the patient. */
export function forgetPlanSlices(): void {
  cuts.forget();
}

/** The panel; a sentence while there is no image to cut. */
export function planSlicesTemplate(
  session: Session,
  now: SlicesNow,
  lines: readonly ShownLine[],
  desk: Desk,
): TemplateResult {
  return html`<section class="card slices" aria-label=${t("plan.slices")}>
    ${
      now.state === "ready"
        ? cutTemplate(session, now.volume, lines, desk)
        : html`<p class="hint">${t(`slices.${now.state}`)}</p>`
    }
  </section>`;
}

function cutTemplate(session: Session, volume: SliceVolume, lines: readonly ShownLine[], desk: Desk): TemplateResult {
  const point = pointOfSlices(volume, lines, desk, session.target_key);
  const structures = new Map(session.structures.map((structure) => [structure.key, structure]));
  const bones = new Set(session.structures.flatMap(({ key, kind }) => (kind === "bone" ? [key] : [])));
  const table = greysOf(volume, windowOf(volume, { point: null, device: null, window: desk.window }));
  const planes = PLANE_NAMES.map((name) => cuts.planeOf(volume, name, point));
  return html`<div class="planes">
      ${planes.map((plane) => {
        if (plane === null) return nothing;
        const { name } = plane;
        const region = desk.whole ? wholeOf(plane) : near(volume, plane, point);
        return figureTemplate({
          volume,
          plane,
          table,
          structures,
          targetKey: session.target_key,
          region,
          over: svg`${lines.map((line) => lineTemplate(volume, name, point, region, line, bones))}`,
          pressed: (event) => press(event, volume, name, point, region, lines, desk),
          step: (by) => {
            const to = stepped(volume, name, point, by);
            if (to !== null) desk.lookAt(to);
          },
        });
      })}
    </div>`;
}

/** How the slices are looked at, and which outline is which structure. */
export function imageTemplate(session: Session, now: SlicesNow, lines: readonly ShownLine[], desk: Desk): TemplateResult {
  if (now.state !== "ready") return html`<p class="hint">${t(`slices.${now.state}`)}</p>`;
  const { volume } = now;
  const point = pointOfSlices(volume, lines, desk, session.target_key);
  const choice = (words: string, on: boolean, change: Parameters<Desk["set"]>[0]) =>
    html`<button type="button" aria-pressed=${on} @click=${() => desk.set(change)}>${words}</button>`;
  return html`<div class="choices">
      ${choice(t("slices.bone"), desk.window === "bone", { window: "bone" })}
      ${choice(t("slices.soft"), desk.window === "soft", { window: "soft" })}
      ${choice(t("plan.whole"), desk.whole, { whole: !desk.whole })}
    </div>
    ${legendTemplate(
      PLANE_NAMES.map((name) => cuts.planeOf(volume, name, point)),
      volume,
      new Map(session.structures.map((structure) => [structure.key, structure])),
    )}`;
}

/** Where the slices cross: where somebody pressed, else the middle of the chosen plane, else the target. */
function pointOfSlices(volume: SliceVolume, lines: readonly ShownLine[], desk: Desk, targetKey: string | null): Point {
  const chosen = lines.find((line) => line.chosen);
  for (const wished of [desk.point, chosen === undefined ? null : centerMm(chosen.plane)]) {
    if (wished !== null && voxelAt(volume, wished) !== null) return wished;
  }
  const target = targetKey === null ? null : middleOf(volume, targetKey);
  return target ?? pointOf(volume, volume.size.map((n) => Math.floor(n / 2)) as unknown as Point);
}

/** The part of a slice round the point it goes through. */
function near(volume: SliceVolume, plane: Plane, point: Point): Region {
  const [column, row] = placeOf(volume, plane.name, point);
  const side = Math.round(NEAR_MM / volume.spacingMm);
  const [width, height] = [Math.min(side, plane.width), Math.min(side, plane.height)];
  const within = (middle: number, length: number, most: number) =>
    Math.min(most - length, Math.max(0, Math.round(middle - length / 2)));
  return { column: within(column, width, plane.width), row: within(row, height, plane.height), width, height };
}

function lineTemplate(
  volume: SliceVolume,
  name: PlaneName,
  point: Point,
  region: Region,
  { plane, lineM, tone, chosen, ofStage }: ShownLine,
  bones: ReadonlySet<string>,
): TemplateResult {
  const axis = throughAxis(name);
  const place = (mm: Vec) => placeOf(volume, name, mm);
  const line = lineIn(plane, axis, point[axis]);
  const pathOf = (stretches: readonly Stretch[]) =>
    stretches.map(([from, to]) => `M${words(place(from))}L${words(place(to))}`).join("");
  const size = letterSize(region);
  if (line === null) {
    const flat = Math.abs(plane.kept_normal[axis]) > 0.99 && Math.abs(centerMm(plane)[axis] - point[axis]) <= volume.spacingMm;
    if (!flat) return svg``;
    return svg`<path class="plane flat" data-tone=${tone} d="M${cornersMm(plane).map((corner) => words(place(corner))).join("L")}Z" />`;
  }
  const [kept, middle] = [place(centerMm(movedAlong(plane, KEPT_MM))), place(centerMm(plane))];
  return svg`<g class="plane" data-tone=${tone} data-chosen=${chosen} data-faint=${!ofStage && !chosen}>
    <path class="ground" d=${pathOf([line])} />
    <path class="line" d=${pathOf([line])} />
    <path class="through" d=${pathOf(partsThrough(volume, line, bones))} />
    ${crossings(lineM, axis, point[axis]).map((mm) => {
      const [x, y] = place(mm);
      return svg`<circle class="meets" cx=${x} cy=${y} r=${size * 0.14} />`;
    })}
    ${
      chosen
        ? svg`<path class="kept" d="M${words(middle)}L${words(kept)}" />
          ${line.map((end) => {
            const [x, y] = place(end);
            return svg`<circle class="end" cx=${x} cy=${y} r=${size * 0.4} />`;
          })}`
        : nothing
    }
  </g>`;
}

function words([column, row]: readonly [number, number]): string {
  return `${column.toFixed(2)} ${row.toFixed(2)}`;
}

/** Take hold of the chosen plane's line where the pointer is near it; elsewhere let the slices go through that point. */
function press(
  event: PointerEvent,
  volume: SliceVolume,
  name: PlaneName,
  point: Point,
  region: Region,
  lines: readonly ShownLine[],
  desk: Desk,
): void {
  if (event.button !== 0) return;
  const picture = event.currentTarget as SVGElement;
  const at = placeUnder(picture, region, event);
  const perPx = region.width / picture.getBoundingClientRect().width;
  const grip = gripAt([at.column, at.row], perPx, volume, name, point, lines.find(({ chosen }) => chosen)?.plane ?? null);
  if (grip === null || desk.obstacle !== null) {
    const to = pointUnder(volume, name, point, at.column, at.row);
    if (to !== null) desk.lookAt(to);
    return;
  }
  event.preventDefault();
  picture.setPointerCapture(event.pointerId);
  // The slices stay where they are while a line in them is moved.
  const before = desk.point;
  desk.lookAt(point);
  const ended = new AbortController();
  const moved = (later: PointerEvent) => {
    const now = placeUnder(picture, region, later);
    desk.hold(grip(wayBetween(volume, name, now.column - at.column, now.row - at.row)));
  };
  const end = () => {
    ended.abort();
    desk.settle();
    desk.lookAt(before);
  };
  picture.addEventListener("pointermove", moved, { signal: ended.signal });
  picture.addEventListener("pointerup", end, { signal: ended.signal });
  picture.addEventListener("pointercancel", end, { signal: ended.signal });
}

/** What a hand at a place of a slice does with a plane, by the way it goes from there, mm; null where it holds nothing. */
function gripAt(
  at: readonly [number, number],
  perPx: number,
  volume: SliceVolume,
  name: PlaneName,
  point: Point,
  plane: PlanPlane | null,
): ((way: Vec) => PlanPlane) | null {
  const axis = throughAxis(name);
  const line = plane === null ? null : lineIn(plane, axis, point[axis]);
  if (plane === null || line === null) return null;
  const ends = line.map((end) => placeOf(volume, name, end)) as [readonly [number, number], readonly [number, number]];
  const far = (place: readonly [number, number]) => Math.hypot(place[0] - at[0], place[1] - at[1]) / perPx;
  const end = line.find((_, number) => far(ends[number]!) < END_PX);
  if (end !== undefined) return (way) => turnedIn(plane, axis, less(end, centerMm(plane)), way);
  return distanceTo(ends, at) / perPx < GRIP_PX ? (way) => movedAlong(plane, dot(way, plane.kept_normal)) : null;
}

/** The plane turned in a slice, so that the end of its line follows the hand. */
function turnedIn(plane: PlanPlane, axis: 0 | 1 | 2, arm: Vec, way: Vec): PlanPlane {
  const out: [number, number, number] = [0, 0, 0];
  out[axis] = 1;
  const [one, other] = [(axis + 1) % 3, (axis + 2) % 3] as [0 | 1 | 2, 0 | 1 | 2];
  const angle = (v: Vec) => Math.atan2(v[other], v[one]);
  const to: Vec = [arm[0] + way[0], arm[1] + way[1], arm[2] + way[2]];
  return turnedAbout(plane, out, ((angle(to) - angle(arm)) * 180) / Math.PI);
}

function distanceTo([from, to]: readonly [readonly [number, number], readonly [number, number]], at: readonly [number, number]): number {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  const part = ((at[0] - from[0]) * x + (at[1] - from[1]) * y) / (x * x + y * y || 1);
  const within = Math.min(1, Math.max(0, part));
  return Math.hypot(at[0] - from[0] - within * x, at[1] - from[1] - within * y);
}
