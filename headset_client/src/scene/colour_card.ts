/** The card of the colours on the tumour: what each tells, in words and digits of our own, above the menu. */

import type { MarginBand } from "../protocol.gen.ts";
import { FACE } from "../overlay/menu.ts";
import { bandWords, type Colours, COLOURS_TITLE } from "../overlay/paints.ts";
import { CanvasPlane } from "./canvas_plane.ts";
import { drawFitting, type TextStyle } from "./numerals.ts";

const WIDTH_PX = 640;
const ROW_PX = 52;
const MOST_BANDS = 6;
const HEIGHT_PX = ROW_PX * (MOST_BANDS + 1) + 24;
const WIDTH_M = FACE.width;
const GAP_M = 0.008;
const TITLE: TextStyle = { size: 36, weight: 700, ink: [238, 244, 246], ground: [10, 16, 20], groundAlpha: 0.86 };
const WORDS: TextStyle = { ...TITLE, size: 32, weight: 500 };

export class ColourCard {
  readonly #face = new CanvasPlane({ widthPx: WIDTH_PX, heightPx: HEIGHT_PX, widthM: WIDTH_M }, 101, true);
  #colours: Colours | null = null;
  #bands: readonly MarginBand[] | null = null;

  constructor() {
    const heightM = (WIDTH_M * HEIGHT_PX) / WIDTH_PX;
    this.object.position.y = FACE.height / 2 + GAP_M + heightM / 2;
    this.object.visible = false;
  }

  get object() {
    return this.#face.mesh;
  }

  /** Tell what these colours mean; null hides the card. */
  show(colours: Colours | null, bands: readonly MarginBand[]): void {
    this.object.visible = colours !== null;
    if (colours === null || (colours === this.#colours && bands === this.#bands)) return;
    this.#colours = colours;
    this.#bands = bands;
    const { context } = this.#face;
    const shown = bands.slice(0, MOST_BANDS);
    const heightPx = ROW_PX * (shown.length + 1) + 24;
    // The card stands on the menu: what is not needed of it is left free above.
    const top = HEIGHT_PX - heightPx;
    context.clearRect(0, 0, WIDTH_PX, HEIGHT_PX);
    context.fillStyle = `rgb(${TITLE.ground.join(" ")} / ${TITLE.groundAlpha})`;
    context.beginPath();
    context.roundRect(0, top, WIDTH_PX, heightPx, 22);
    context.fill();
    drawFitting(context, COLOURS_TITLE[colours], 24, top + 46, WIDTH_PX - 48, TITLE);
    shown.forEach((band, row) => {
      const y = top + ROW_PX * (row + 1) + 12;
      context.fillStyle = `rgb(${band.color_srgb.map((part) => Math.round(255 * part)).join(" ")})`;
      context.fillRect(24, y + 4, 40, ROW_PX - 12);
      context.strokeStyle = "#eef4f6";
      context.lineWidth = 2;
      context.strokeRect(24, y + 4, 40, ROW_PX - 12);
      drawFitting(context, bandWords(colours, band), 84, y + 36, WIDTH_PX - 108, WORDS);
    });
    this.#face.drawn();
  }
}
