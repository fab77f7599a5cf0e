/**
 * The words in the headset: a small plate low in view, outside the middle 20 degrees.
 *
 * Headset browsers show no HTML in AR, so the text is drawn on a canvas and hung in the scene. It is
 * redrawn only when a word changes.
 */

import { CanvasTexture, Group, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";

import type { Matrix } from "../frames.ts";
import type { OverlayState } from "../protocol.gen.ts";

export interface PanelWords {
  readonly word: OverlayState;
  readonly why: string;
  /** "Expected error at Tumour 1.2 mm (95 %)", or empty. */
  readonly error: string;
  readonly age: string;
  readonly caution: string;
  readonly simulated: boolean;
}

const WIDTH_PX = 1024;
const HEIGHT_PX = 300;
const WIDTH_M = 0.56;
const DISTANCE_M = 1.1;
/** The plate's middle lies this far below the line of sight: about 24 degrees. */
const BELOW_M = 0.49;
const FONT = "system-ui, sans-serif";

/** Text colours of the four states on the plate; the word itself always stands beside. */
const STATE_COLORS: Readonly<Record<OverlayState, string>> = {
  LIVE: "#5fe0a0",
  HOLD: "#ffc857",
  LOST: "#ff9c8a",
  OFF: "#b8c4cc",
};

export class Panel {
  readonly object = new Group();
  readonly #context: CanvasRenderingContext2D;
  readonly #texture: CanvasTexture;
  #drawn = "";

  constructor() {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH_PX;
    canvas.height = HEIGHT_PX;
    this.#context = canvas.getContext("2d")!;
    this.#texture = new CanvasTexture(canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    const plate = new Mesh(
      new PlaneGeometry(WIDTH_M, (WIDTH_M * HEIGHT_PX) / WIDTH_PX),
      new MeshBasicMaterial({ map: this.#texture, transparent: true, depthTest: false, depthWrite: false }),
    );
    plate.position.set(0, -BELOW_M, -DISTANCE_M);
    plate.rotation.x = -Math.atan2(BELOW_M, DISTANCE_M);
    plate.renderOrder = 100;
    this.object.add(plate);
    this.object.matrixAutoUpdate = false;
    this.object.visible = false;
  }

  /** Move the plate along with the head, told as world from headset. */
  follow(worldFromHead: Matrix): void {
    this.object.matrix.fromArray(worldFromHead);
    this.object.matrixWorldNeedsUpdate = true;
  }

  /** Say these words. */
  say(words: PanelWords): void {
    const key = JSON.stringify(words);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const context = this.#context;
    context.clearRect(0, 0, WIDTH_PX, HEIGHT_PX);
    context.fillStyle = "rgba(10, 16, 20, 0.86)";
    context.beginPath();
    context.roundRect(0, 0, WIDTH_PX, HEIGHT_PX, 28);
    context.fill();
    context.fillStyle = STATE_COLORS[words.word];
    context.fillRect(0, 28, 12, HEIGHT_PX - 56);
    this.#line(words.word, { x: 44, y: 92, size: 76, weight: 700, color: STATE_COLORS[words.word] });
    this.#line(words.why, { x: 44, y: 158, size: 36, weight: 500, color: "#eef4f6" });
    this.#line(words.error, { x: 44, y: 214, size: 36, weight: 600, color: "#eef4f6" });
    this.#line(words.caution, { x: 44, y: 268, size: 30, weight: 500, color: "#b8c4cc" });
    this.#line(words.age, { x: WIDTH_PX - 36, y: 84, size: 34, weight: 500, color: "#b8c4cc", align: "right" });
    if (words.simulated) {
      this.#line("SIMULATED", { x: WIDTH_PX / 2 + 40, y: 84, size: 40, weight: 700, color: "#ffc857", align: "center" });
    }
    this.#texture.needsUpdate = true;
  }

  #line(
    text: string,
    how: { x: number; y: number; size: number; weight: number; color: string; align?: CanvasTextAlign },
  ): void {
    this.#context.font = `${how.weight} ${how.size}px ${FONT}`;
    this.#context.fillStyle = how.color;
    this.#context.textAlign = how.align ?? "left";
    this.#context.fillText(text, how.x, how.y, WIDTH_PX - 80);
  }
}
