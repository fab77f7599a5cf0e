/** One slice as it is drawn: grey, the outlines of structures, the patient's sides, a scale, and what lies over them. */

import { html, nothing, svg, type TemplateResult } from "lit-html";
import { ref } from "lit-html/directives/ref.js";

import type { StructureEntry } from "../../protocol.gen.ts";
import { h } from "../host_words.ts";
import { t } from "../messages/messages.ts";
import { labelsIn, outlinePath, type Plane, scaleMm } from "./plane.ts";
import type { SliceVolume } from "./volume.ts";

const DASHES: Readonly<Record<string, string>> = { nerve: "4 3", vessel: "9 3" };
const DRAWN = new WeakMap<HTMLCanvasElement, { plane: Plane; table: Uint8ClampedArray; key: string }>();
const OUTLINES = new WeakMap<Plane, readonly (readonly [number, string])[]>();

/** The part of a slice that is shown, in its columns and rows. */
export interface Region {
  readonly column: number;
  readonly row: number;
  readonly width: number;
  readonly height: number;
}

/** A place in a slice, in its columns and rows; whole numbers are the middles of voxels. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface Figure {
  readonly volume: SliceVolume;
  readonly plane: Plane;
  readonly table: Uint8ClampedArray;
  readonly structures: ReadonlyMap<string, StructureEntry>;
  readonly targetKey: string | null;
  readonly region: Region;
  /** What lies over the outlines, in columns and rows. */
  readonly over: TemplateResult;
  readonly clicked?: (at: Place) => void;
  readonly pressed?: (event: PointerEvent) => void;
  step(by: 1 | -1): void;
}

/** All of a slice. */
export function wholeOf({ width, height }: Plane): Region {
  return { column: 0, row: 0, width, height };
}

/** The size of letters in a slice, in its columns. */
export function letterSize({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.max(width, height) / 15;
}

/** Where a pointer is in the slice whose picture it was pressed on. */
export function placeUnder(picture: Element, region: Region, event: MouseEvent): Place {
  const box = picture.getBoundingClientRect();
  return {
    column: region.column - 0.5 + ((event.clientX - box.left) / box.width) * region.width,
    row: region.row - 0.5 + ((event.clientY - box.top) / box.height) * region.height,
  };
}

/** The slice, with its name and the buttons to the slices beside it. */
export function figureTemplate(figure: Figure): TemplateResult {
  const { volume, plane, table, region, structures, targetKey, over, step } = figure;
  const { letters } = plane;
  const { column, row, width, height } = region;
  const size = letterSize(region);
  const scale = scaleMm(width * volume.spacingMm);
  const words = t(`slices.${plane.name}`);
  const letter = (words: string, x: number, y: number) => svg`<text x=${column + x} y=${row + y} font-size=${size}>${words}</text>`;
  const clicked = (event: MouseEvent) => {
    const at = placeUnder(event.currentTarget as Element, region, event);
    figure.clicked?.({ column: Math.floor(at.column + 0.5), row: Math.floor(at.row + 0.5) });
  };
  return html`<figure>
    <div class="cut">
      <canvas width=${width} height=${height} ${ref(drawn(plane, table, region))}></canvas>
      <svg
        viewBox="${column - 0.5} ${row - 0.5} ${width} ${height}"
        role="img"
        aria-label=${t("slices.picture", { plane: words })}
        @click=${clicked}
        @pointerdown=${(event: PointerEvent) => figure.pressed?.(event)}
      >
        ${outlinesOf(plane).map(([label, path]) => outlineTemplate(path, structures.get(volume.keys[label - 1] ?? ""), targetKey))}
        ${over}
        <g class="letters" aria-hidden="true">
          ${letter(letters.left, size * 0.7, height / 2)} ${letter(letters.right, width - size * 0.8, height / 2)}
          ${letter(letters.top, width / 2, size * 0.9)} ${letter(letters.bottom, width / 2, height - size * 0.5)}
          <path class="scale" d="M${column + size / 2} ${row + height - size}v${size / 3}h${scale / volume.spacingMm}v${-size / 3}" />
          <text class="length" x=${column + size / 2 + scale / volume.spacingMm / 2} y=${row + height - size * 1.2} font-size=${size * 0.8}>${scale} mm</text>
        </g>
      </svg>
    </div>
    <figcaption>
      <span>${words}</span>
      <button type="button" aria-label=${t("slices.back", { plane: words })} @click=${() => step(-1)}>−</button>
      <button type="button" aria-label=${t("slices.on", { plane: words })} @click=${() => step(1)}>+</button>
    </figcaption>
  </figure>`;
}

function outlineTemplate(path: string, structure: StructureEntry | undefined, targetKey: string | null): TemplateResult {
  if (structure === undefined) return svg``;
  const width = structure.key === targetKey ? 3 : 1.8;
  return svg`<path class="ground" d=${path} stroke-width=${width + 2} />
    <path class="outline" d=${path} stroke=${rgb(structure)} stroke-width=${width} stroke-dasharray=${DASHES[structure.kind] ?? "none"} />`;
}

/** Which outline is which structure, of all that are seen in these slices. */
export function legendTemplate(
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

function rgb({ color_srgb }: StructureEntry): string {
  return `rgb(${color_srgb.map((part) => Math.round(part * 255)).join(" ")})`;
}

function outlinesOf(plane: Plane): readonly (readonly [number, string])[] {
  const kept = OUTLINES.get(plane);
  if (kept !== undefined) return kept;
  const made = labelsIn(plane).map((label) => [label, outlinePath(plane, label)] as const);
  OUTLINES.set(plane, made);
  return made;
}

function drawn(plane: Plane, table: Uint8ClampedArray, region: Region): (element?: Element) => void {
  const key = [region.column, region.row, region.width, region.height].join(" ");
  return (element) => {
    if (!(element instanceof HTMLCanvasElement)) return;
    const before = DRAWN.get(element);
    if (before?.plane === plane && before.table === table && before.key === key) return;
    DRAWN.set(element, { plane, table, key });
    const context = element.getContext("2d", { alpha: false })!;
    const image = context.createImageData(region.width, region.height);
    let to = 0;
    for (let row = region.row; row < region.row + region.height; row += 1) {
      for (let column = region.column; column < region.column + region.width; column += 1, to += 4) {
        image.data.fill(table[plane.grey[row * plane.width + column]!]!, to, to + 3);
        image.data[to + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  };
}
