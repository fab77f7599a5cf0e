/**
 * The menu as it is drawn: one face with all buttons, and a ring that fills under the gaze.
 *
 * Two draws, and one for the card of the colours. The face is drawn anew only when a word or the button under the gaze changes.
 */

import { Group, Mesh, MeshBasicMaterial, RingGeometry } from "three";

import type { Matrix } from "../frames.ts";
import { buttonBox, FACE, type MenuSheet } from "../overlay/menu.ts";
import { CanvasPlane } from "./canvas_plane.ts";
import { ColourCard } from "./colour_card.ts";

const PX_PER_M = 3200;
const WIDTH_PX = FACE.width * PX_PER_M;
const HEIGHT_PX = FACE.height * PX_PER_M;
const FONT = "system-ui, sans-serif";
const TEXT = "#eef4f6";
const ACCENT = "#6fd6e8";
const RING_STEPS = 48;
const RING_INNER_M = 0.008;
const RING_OUTER_M = 0.012;
/** Longer labels go on two lines, and those with a line end in them. */
const ONE_LINE = 14;

export class MenuBoard {
  readonly object = new Group();
  /** Above the face, while colours are on. */
  readonly card = new ColourCard();
  readonly #face = new CanvasPlane({ widthPx: WIDTH_PX, heightPx: HEIGHT_PX, widthM: FACE.width }, 101);
  readonly #ring: Mesh<RingGeometry, MeshBasicMaterial>;
  #sheet: MenuSheet | null = null;
  #aimed = -1;
  #drawn = "";

  constructor() {
    // From the top on, clockwise: the ring lies mirrored, its face turned by the scale.
    this.#ring = new Mesh(
      new RingGeometry(RING_INNER_M, RING_OUTER_M, RING_STEPS, 1, Math.PI / 2),
      new MeshBasicMaterial({ color: ACCENT, depthTest: false, toneMapped: false, side: 2 }),
    );
    this.#ring.scale.x = -1;
    this.#ring.renderOrder = 102;
    this.object.add(this.#face.mesh, this.#ring, this.card.object);
    this.object.matrixAutoUpdate = false;
  }

  /** Hang the face here, told as world from menu. */
  place(worldFromMenu: Matrix): void {
    this.object.matrix.fromArray(worldFromMenu);
    this.object.matrixWorldNeedsUpdate = true;
  }

  /** Show the gaze at this point of the face, the ring filled so far; nothing of it at 0. */
  aim(x: number, y: number, progress: number): void {
    this.#ring.visible = progress > 0;
    this.#ring.position.set(x, y, 0.001);
    this.#ring.geometry.setDrawRange(0, 6 * Math.ceil(RING_STEPS * progress));
  }

  /** Show these buttons, the one of this index under the gaze. `plate`: a dark ground shows on this display. */
  show(sheet: MenuSheet, aimed: number, plate: boolean): void {
    if (sheet === this.#sheet && aimed === this.#aimed) return;
    this.#sheet = sheet;
    this.#aimed = aimed;
    const key = `${aimed} ${plate} ${sheet.title} ${sheet.buttons.map((button) => button.label).join("|")}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    const context = this.#face.context;
    context.clearRect(0, 0, WIDTH_PX, HEIGHT_PX);
    if (sheet.title !== "") {
      const height = FACE.titleHeight * PX_PER_M;
      this.#box(WIDTH_PX / 2, height / 2, WIDTH_PX - 8, height - 8, plate, null);
      this.#lines(sheet.title, WIDTH_PX / 2, height / 2, WIDTH_PX - 32, 27, 500, 36);
    }
    for (const [index, button] of sheet.buttons.entries()) {
      const box = buttonBox(index);
      const x = WIDTH_PX / 2 + box.x * PX_PER_M;
      const y = HEIGHT_PX / 2 - box.y * PX_PER_M;
      const width = box.width * PX_PER_M;
      this.#box(x, y, width, box.height * PX_PER_M, plate, index === aimed ? ACCENT : "#8fa3ae");
      this.#lines(button.label, x, y, width - 24, 34, 600, ONE_LINE);
    }
    this.#face.drawn();
  }

  #box(x: number, y: number, width: number, height: number, plate: boolean, edge: string | null): void {
    const context = this.#face.context;
    context.beginPath();
    context.roundRect(x - width / 2 + 4, y - height / 2 + 4, width - 8, height - 8, 18);
    if (plate) {
      context.fillStyle = edge === ACCENT ? "rgba(27, 40, 48, 0.94)" : "rgba(10, 16, 20, 0.86)";
      context.fill();
    }
    if (edge === null) return;
    context.strokeStyle = edge;
    context.lineWidth = edge === ACCENT ? 7 : 3;
    context.stroke();
  }

  #lines(text: string, x: number, y: number, width: number, size: number, weight: number, oneLine: number): void {
    const context = this.#face.context;
    context.font = `${weight} ${size}px ${FONT}`;
    context.fillStyle = TEXT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const told = text.indexOf("\n");
    const cut = told >= 0 ? told : text.length > oneLine ? text.lastIndexOf(" ", text.length / 2 + 3) : -1;
    if (cut <= 0) {
      context.fillText(text, x, y, width);
      return;
    }
    context.fillText(text.slice(0, cut), x, y - 0.58 * size, width);
    context.fillText(text.slice(cut + 1), x, y + 0.58 * size, width);
  }
}
