/**
 * The words in the headset: a small plate low in view, outside the middle 20 degrees.
 *
 * Headset browsers show no HTML in AR, so the text is drawn on a canvas and hung in the scene. It is
 * redrawn only when a word changes. Every digit is drawn in our own lines (`numerals.ts`).
 */

import { Group } from "three";

import type { Matrix } from "../frames.ts";
import type { OverlayState } from "../protocol.gen.ts";
import { CanvasPlane } from "./canvas_plane.ts";
import { type Colour, css, drawFitting, drawText, type TextStyle, widthOf } from "./numerals.ts";

export interface PanelWords {
  readonly word: OverlayState;
  /** The stage of the plan: "Stage 2 of 3: From behind, prone"; empty without one. */
  readonly stage: string;
  readonly why: string;
  /** What the expected error is told of, and the error: "Nerve root S2 left" and "1.1 mm (95 %)"; or both empty. */
  readonly place: string;
  readonly error: string;
  readonly age: string;
  readonly checked: string;
  readonly caution: string;
  readonly simulated: boolean;
}

const WIDTH_PX = 1024;
const HEIGHT_PX = 340;
/** One line more, below the word, where a plan has a stage. */
const STAGE_PX = 52;
const WIDTH_M = 0.6;
const DISTANCE_M = 1.1;
/** The middle of the plate without it lies so far below the line of sight: the upper edge is outside the ring. */
const BELOW_RAD = (27.5 * Math.PI) / 180;
const LEFT_PX = 44;
const RIGHT_PX = WIDTH_PX - 36;
const GAP_PX = 20;

const GROUND: Colour = [10, 16, 20];
const GROUND_ALPHA = 0.86;
const TEXT: Colour = [238, 244, 246];
const QUIET: Colour = [184, 196, 204];
const AMBER: Colour = [255, 200, 87];

/** Text colours of the four states on the plate; the word itself always stands beside. */
export const STATE_COLORS: Readonly<Record<OverlayState, string>> = {
  LIVE: "#5fe0a0",
  HOLD: "#ffc857",
  LOST: "#ff9c8a",
  OFF: "#b8c4cc",
};

function style(size: number, weight: number, ink: Colour): TextStyle {
  return { size, weight, ink, ground: GROUND, groundAlpha: GROUND_ALPHA };
}

export class Panel {
  readonly object = new Group();
  // Numbers are read back after they were drawn.
  readonly #face = new CanvasPlane({ widthPx: WIDTH_PX, heightPx: HEIGHT_PX + STAGE_PX, widthM: WIDTH_M }, 100, true);
  #said: PanelWords | null = null;

  constructor() {
    const plate = this.#face.mesh;
    plate.position.set(0, -DISTANCE_M * Math.tan(BELOW_RAD), -DISTANCE_M);
    plate.rotation.x = -BELOW_RAD;
    // The line more hangs below: the upper edge stays.
    plate.translateY((-STAGE_PX / 2) * (WIDTH_M / WIDTH_PX));
    this.object.add(plate);
    this.object.matrixAutoUpdate = false;
  }

  /** What the plate says now; null before it said anything. */
  get said(): PanelWords | null {
    return this.#said;
  }

  /** Move the plate along with the head, told as world from headset. */
  follow(worldFromHead: Matrix): void {
    this.object.matrix.fromArray(worldFromHead);
    this.object.matrixWorldNeedsUpdate = true;
  }

  /** Say these words; returns whether the plate had to be drawn anew. */
  say(words: PanelWords): boolean {
    if (this.#said !== null && same(this.#said, words)) return false;
    this.#said = words;
    const context = this.#face.context;
    const state = colourOf(STATE_COLORS[words.word]);
    const lowerPx = words.stage === "" ? 0 : STAGE_PX;
    context.clearRect(0, 0, WIDTH_PX, HEIGHT_PX + STAGE_PX);
    context.fillStyle = `rgb(${GROUND.join(" ")} / ${GROUND_ALPHA})`;
    context.beginPath();
    context.roundRect(0, 0, WIDTH_PX, HEIGHT_PX + lowerPx, 28);
    context.fill();
    context.fillStyle = css(state);
    context.fillRect(0, 28, 12, HEIGHT_PX + lowerPx - 56);
    drawText(context, words.word, LEFT_PX, 88, style(76, 700, state));
    if (words.simulated) drawText(context, "SIMULATED", 330, 84, style(40, 700, AMBER));
    this.#right(words.age, 62, style(32, 500, QUIET));
    this.#right(words.checked, 104, style(32, 500, QUIET));
    drawFitting(context, words.stage, LEFT_PX, 150, RIGHT_PX - LEFT_PX, style(40, 700, TEXT));
    drawFitting(context, words.why, LEFT_PX, 156 + lowerPx, RIGHT_PX - LEFT_PX, style(36, 500, TEXT));
    const number = style(46, 600, TEXT);
    // A long name gives way, the number never does.
    const widthPx = RIGHT_PX - LEFT_PX - GAP_PX - widthOf(context, words.error, number);
    const endPx = drawFitting(context, words.place, LEFT_PX, 220 + lowerPx, widthPx, style(40, 500, TEXT));
    drawText(context, words.error, endPx + GAP_PX, 220 + lowerPx, number);
    drawFitting(context, words.caution, LEFT_PX, 292 + lowerPx, RIGHT_PX - LEFT_PX, style(32, 500, QUIET));
    this.#face.drawn();
    return true;
  }

  #right(text: string, y: number, how: TextStyle): void {
    drawText(this.#face.context, text, RIGHT_PX - widthOf(this.#face.context, text, how), y, how);
  }
}

function same(one: PanelWords, other: PanelWords): boolean {
  return (
    one.word === other.word &&
    one.stage === other.stage &&
    one.why === other.why &&
    one.place === other.place &&
    one.error === other.error &&
    one.age === other.age &&
    one.checked === other.checked &&
    one.caution === other.caution &&
    one.simulated === other.simulated
  );
}

function colourOf(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
