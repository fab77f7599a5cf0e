/**
 * Draws sentences on a canvas: words in a font, every number in our own lines, and looks whether they stand there.
 *
 * A cell that does not show its character makes the whole number a word that says so (hazard H33).
 */

import { CELL_HEIGHT, CELL_WIDTH, HALF_STROKE, runsOf, shows, strokesOf } from "../overlay/glyphs.ts";

/** Stands in the place of a number that could not be drawn. */
export const NO_NUMBER = "(no number: see the console)";

export interface TextStyle {
  /** Size as of a font, px. */
  readonly size: number;
  readonly weight: number;
  readonly ink: Colour;
  /** What the sentence stands on, which is told apart from the ink by its green. */
  readonly ground: Colour;
  readonly groundAlpha: number;
}

export type Colour = readonly [number, number, number];

const FONT = "system-ui, sans-serif";
/** Heights of a cell and of its digits' foot above its bottom, in sizes of the font. */
const CELL_SIZES = 0.94;
const FOOT = (CELL_HEIGHT - 14.5) / CELL_HEIGHT;

/** Width and height of a cell, px. */
export function cellOf(size: number): { readonly widthPx: number; readonly heightPx: number } {
  const heightPx = Math.round(size * CELL_SIZES);
  return { widthPx: Math.round((heightPx * CELL_WIDTH) / CELL_HEIGHT), heightPx };
}

export function css([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The width a sentence takes, px. */
export function widthOf(context: CanvasRenderingContext2D, text: string, style: TextStyle): number {
  setFont(context, style);
  let widthPx = 0;
  for (const run of runsOf(text)) {
    widthPx += run.numeral ? run.text.length * cellOf(style.size).widthPx : context.measureText(run.text).width;
  }
  return widthPx;
}

/** Draw a sentence with its baseline's left end there; returns where it ends. */
export function drawText(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  style: TextStyle,
): number {
  let at = x;
  for (const run of runsOf(text)) {
    if (run.numeral && drawNumeral(context, run.text, at, y, style)) {
      at = Math.round(at) + run.text.length * cellOf(style.size).widthPx;
      continue;
    }
    const words = run.numeral ? NO_NUMBER : run.text;
    setFont(context, style);
    context.fillText(words, at, y);
    at += context.measureText(words).width;
  }
  return at;
}

const LEAST_SHARE = 0.7;

/** Draw a sentence within a width: smaller, and where that does not do without its last words; returns its end. */
export function drawFitting(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  mostPx: number,
  style: TextStyle,
): number {
  let shown = text;
  for (;;) {
    const share = Math.min(1, mostPx / widthOf(context, shown, style));
    if (share >= LEAST_SHARE || !shown.includes(" ")) {
      return drawText(context, shown, x, y, { ...style, size: Math.floor(style.size * share) });
    }
    // No number stays without its unit.
    shown = `${shown.slice(0, shown.lastIndexOf(" "))}\u2026`.replace(/[\W\d]+\u2026$/, "\u2026");
  }
}

/** Draw a number in cells of equal width, and look at each; where one is wrong nothing of it stays. */
export function drawNumeral(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  style: TextStyle,
): boolean {
  const { widthPx, heightPx } = cellOf(style.size);
  const left = Math.round(x);
  const top = Math.round(y - heightPx * (1 - FOOT));
  context.save();
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = css(style.ink);
  [...text].forEach((character, place) => drawGlyph(context, character, left + place * widthPx, top, widthPx, heightPx));
  const good = numberShows(context.getImageData(left, top, text.length * widthPx, heightPx), text, widthPx, style);
  if (!good) {
    context.clearRect(left, top, text.length * widthPx, heightPx);
    context.fillStyle = `rgb(${style.ground.join(" ")} / ${style.groundAlpha})`;
    context.fillRect(left, top, text.length * widthPx, heightPx);
  }
  context.restore();
  return good;
}

function drawGlyph(
  context: CanvasRenderingContext2D,
  character: string,
  left: number,
  top: number,
  widthPx: number,
  heightPx: number,
): void {
  const sx = widthPx / CELL_WIDTH;
  const sy = heightPx / CELL_HEIGHT;
  context.save();
  context.transform(sx, 0, 0, sy, left, top);
  context.lineWidth = 2 * HALF_STROKE;
  context.beginPath();
  for (const stroke of strokesOf(character) ?? []) {
    context.moveTo(stroke[0]!, stroke[1]!);
    for (let at = 2; at < stroke.length; at += 2) context.lineTo(stroke[at]!, stroke[at + 1]!);
  }
  context.stroke();
  context.restore();
}

/** Whether each cell of what stands on the canvas shows its character. */
function numberShows(picture: ImageData, text: string, widthPx: number, { ink, ground }: TextStyle): boolean {
  const { data, width, height } = picture;
  const drawn = new Float32Array(widthPx * height);
  return [...text].every((character, place) => {
    for (let at = 0; at < drawn.length; at += 1) {
      const column = place * widthPx + (at % widthPx);
      // Green weighs most in what an eye sees, and differs between every ink and its ground.
      const green = data[4 * (Math.floor(at / widthPx) * width + column) + 1]!;
      drawn[at] = (green - ground[1]) / (ink[1] - ground[1]);
    }
    return shows(drawn, character, widthPx, height);
  });
}

function setFont(context: CanvasRenderingContext2D, style: TextStyle): void {
  context.font = `${style.weight} ${style.size}px ${FONT}`;
  context.fillStyle = css(style.ink);
  context.textAlign = "left";
}
