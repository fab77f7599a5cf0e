/**
 * The shapes of our own digits, as lines: no font can leave one out (hazard H33).
 *
 * Each stands in a cell of the same width, so that one that is missing leaves a hole. What a cell must look
 * like is also computed here, from the lines and without a canvas: what was drawn is compared with that.
 */

/** Size of a cell, in the units of the lines; y runs down. */
export const CELL_WIDTH = 10;
export const CELL_HEIGHT = 16;
/** Half the width of every line. */
export const HALF_STROKE = 0.85;

/** Lines from point to point, x and y in turn. */
export type Stroke = readonly number[];

/** The points of an ellipse's arc; degrees from +x towards +y. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): number[] {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) / 15));
  const points: number[] = [];
  for (let step = 0; step <= steps; step += 1) {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180;
    points.push(cx + rx * Math.cos(angle), cy + ry * Math.sin(angle));
  }
  return points;
}

const SIX: readonly Stroke[] = [[6.9, 1.5, 3.5, 5.9, 2.2, 8.9], arc(5, 10.5, 3.2, 4, 0, 360)];

const GLYPHS: Readonly<Record<string, readonly Stroke[]>> = {
  "0": [arc(5, 8, 3.2, 6.5, 0, 360)],
  "1": [[2.4, 4.4, 5.6, 1.5, 5.6, 14.5]],
  "2": [[...arc(4.9, 5, 3.1, 3.5, -170, 30), 1.8, 14.5, 8.3, 14.5]],
  "3": [[...arc(4.6, 4.7, 3, 3.2, -165, 90), ...arc(4.6, 11.2, 3.4, 3.3, -90, 165)]],
  "4": [[6.5, 14.5, 6.5, 1.5, 1.5, 10.8, 8.5, 10.8]],
  "5": [[7.8, 1.5, 2.6, 1.5, 2.2, 7.3, ...arc(4.7, 10.2, 3.4, 4.3, -130, 150)]],
  "6": SIX,
  "7": [[1.7, 1.5, 8.3, 1.5, 3.9, 14.5]],
  "8": [arc(5, 4.7, 2.6, 3.2, 0, 360), arc(5, 11.2, 3.3, 3.3, 0, 360)],
  "9": SIX.map((stroke) => stroke.map((value, index) => (index % 2 === 0 ? CELL_WIDTH : CELL_HEIGHT) - value)),
  ".": [[4.8, 14.2, 5.2, 14.2]],
  "-": [[2, 8.5, 8, 8.5]],
  "%": [arc(3, 4.2, 1.5, 2.5, 0, 360), arc(7, 11.8, 1.5, 2.5, 0, 360), [7.9, 2, 2.1, 14]],
  m: [
    [1.5, 6.4, 1.5, 14.5],
    [...arc(3.25, 8.4, 1.75, 1.9, 180, 360), 5, 14.5],
    [...arc(6.75, 8.4, 1.75, 1.9, 180, 360), 8.5, 14.5],
  ],
  n: [
    [2.2, 6.4, 2.2, 14.5],
    [...arc(5, 9.2, 2.8, 2.7, 180, 360), 7.8, 14.5],
  ],
  s: [[...arc(5, 8.5, 2.6, 2.1, -25, -270), ...arc(5, 12.55, 2.8, 1.95, -90, 155)]],
  i: [
    [5, 6.9, 5, 14.5],
    [5, 3, 5, 3.4],
  ],
  "(": [arc(9, 8, 4.6, 8, 122, 238)],
  ")": [arc(1, 8, 4.6, 8, -58, 58)],
  " ": [],
};

const SAME: Readonly<Record<string, string>> = { "\u2212": "-", "\u00a0": " " };

/** The lines of a character, or null where there is none of our own. */
export function strokesOf(character: string): readonly Stroke[] | null {
  return GLYPHS[SAME[character] ?? character] ?? null;
}

/** Every character that has lines, the space included. */
export const CHARACTERS: readonly string[] = Object.keys(GLYPHS);

export interface Run {
  readonly text: string;
  /** Drawn in our own glyphs: a number with its unit. */
  readonly numeral: boolean;
}

const NUMERAL = /[-\u2212(]?\d+(?:\.\d+)?(?:[ \u00a0](?:mm|ms|s|min|%)(?![a-z]))?\)?/g;

/** Cut a sentence into words and numbers, so that every digit of it is drawn by our own lines. */
export function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  let end = 0;
  for (const match of text.matchAll(NUMERAL)) {
    if (match.index > end) runs.push({ text: text.slice(end, match.index), numeral: false });
    runs.push({ text: match[0], numeral: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) runs.push({ text: text.slice(end), numeral: false });
  return runs;
}

const SAMPLES = 3;
const inks = new Map<string, Float32Array>();

/** How much of each pixel of a cell is inked, 0 to 1, row by row; null for a character without lines. */
export function inkOf(character: string, widthPx: number, heightPx: number): Float32Array | null {
  const strokes = strokesOf(character);
  if (strokes === null) return null;
  const key = `${character} ${widthPx} ${heightPx}`;
  const before = inks.get(key);
  if (before !== undefined) return before;
  const ink = new Float32Array(widthPx * heightPx);
  for (let row = 0; row < heightPx; row += 1) {
    for (let column = 0; column < widthPx; column += 1) {
      let inside = 0;
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
        const x = ((column + ((sample % SAMPLES) + 0.5) / SAMPLES) * CELL_WIDTH) / widthPx;
        const y = ((row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * CELL_HEIGHT) / heightPx;
        if (isInked(strokes, x, y)) inside += 1;
      }
      ink[row * widthPx + column] = inside / (SAMPLES * SAMPLES);
    }
  }
  inks.set(key, ink);
  return ink;
}

function isInked(strokes: readonly Stroke[], x: number, y: number): boolean {
  for (let number = 0; number < strokes.length; number += 1) {
    if (isNear(strokes[number]!, x, y)) return true;
  }
  return false;
}

function isNear(stroke: Stroke, x: number, y: number): boolean {
  for (let at = 0; at + 3 < stroke.length; at += 2) {
    const ax = stroke[at]!;
    const ay = stroke[at + 1]!;
    const dx = stroke[at + 2]! - ax;
    const dy = stroke[at + 3]! - ay;
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
    if (Math.hypot(x - ax - along * dx, y - ay - along * dy) <= HALF_STROKE) return true;
  }
  return false;
}

/** Up to so much ink too much or too little, in the worst place of a cell, it is the character it should be. */
export const MOST_OFF = 0.35;

/** Whether a cell that was drawn with this ink shows this character, all of it and nothing else. */
export function shows(drawn: ArrayLike<number>, character: string, widthPx: number, heightPx: number): boolean {
  const wanted = inkOf(character, widthPx, heightPx);
  return wanted !== null && worstOff(drawn, wanted, widthPx) <= MOST_OFF;
}

/**
 * How much two inks differ where they differ most: the mean over 3 x 3 pixels.
 *
 * So small a piece must not be missing, a decimal point least of all, and edges that are smoothed in two ways
 * do not count.
 */
export function worstOff(one: ArrayLike<number>, other: ArrayLike<number>, widthPx: number): number {
  const heightPx = Math.floor(other.length / widthPx);
  let worst = 0;
  for (let row = 1; row < heightPx - 1; row += 1) {
    for (let column = 1; column < widthPx - 1; column += 1) {
      let sum = 0;
      for (let beside = 0; beside < 9; beside += 1) {
        const at = (row + Math.floor(beside / 3) - 1) * widthPx + column + (beside % 3) - 1;
        sum += (one[at] ?? 0) - other[at]!;
      }
      // What is no number must not pass.
      if (!(Math.abs(sum) / 9 <= worst)) worst = Math.abs(sum) / 9;
    }
  }
  return worst;
}
