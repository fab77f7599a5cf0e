/** A small plate of words high in view, outside the middle 20 degrees: a title, a line, how far it is, and a board. */

import { Group } from "three";

import type { Matrix } from "../frames.ts";
import { CanvasPlane } from "./canvas_plane.ts";

export interface PlateContent {
  readonly title: string;
  readonly line: string;
  /** A bar below the words, 0 to 1; null for none. */
  readonly fraction: number | null;
  /** The board's outline, x to the right and y down, and how many of its corners are done; null for none. */
  readonly board: { readonly corners: readonly (readonly number[])[]; readonly done: number } | null;
}

const WIDTH_PX = 1024;
const HEIGHT_PX = 224;
const WIDTH_M = 0.56;
const DISTANCE_M = 1.1;
/** The plate's middle lies this far above the line of sight: about 25 degrees. */
const ABOVE_M = 0.51;
const FONT = "system-ui, sans-serif";
const LIGHT = "#eef4f6";
const DONE = "#5fe0a0";
const NEXT = "#ffc857";
const BOARD_PX = 170;

export class Plate {
  readonly object = new Group();
  readonly #face = new CanvasPlane({ widthPx: WIDTH_PX, heightPx: HEIGHT_PX, widthM: WIDTH_M }, 100);
  #said: PlateContent | null = null;
  #drawn = "";

  constructor() {
    const plate = this.#face.mesh;
    plate.position.set(0, ABOVE_M, -DISTANCE_M);
    plate.rotation.x = Math.atan2(ABOVE_M, DISTANCE_M);
    this.object.add(plate);
    this.object.matrixAutoUpdate = false;
    this.object.visible = false;
  }

  /** Move the plate along with the head, told as world from headset. */
  follow(worldFromHead: Matrix): void {
    this.object.matrix.fromArray(worldFromHead);
    this.object.matrixWorldNeedsUpdate = true;
  }

  /** What it says now; null for nothing. */
  get said(): PlateContent | null {
    return this.#said;
  }

  /** Say this, or nothing. */
  say(content: PlateContent | null): void {
    this.#said = content;
    this.object.visible = content !== null;
    const key = JSON.stringify(content);
    if (content === null || key === this.#drawn) return;
    this.#drawn = key;
    const context = this.#face.context;
    context.clearRect(0, 0, WIDTH_PX, HEIGHT_PX);
    context.fillStyle = "rgba(10, 16, 20, 0.86)";
    context.beginPath();
    context.roundRect(0, 0, WIDTH_PX, HEIGHT_PX, 28);
    context.fill();
    const room = WIDTH_PX - (content.board === null ? 80 : BOARD_PX + 130);
    context.fillStyle = LIGHT;
    context.font = `700 58px ${FONT}`;
    context.fillText(content.title, 40, 82, room);
    this.#lines(content.line, room);
    if (content.fraction !== null) {
      context.fillStyle = "#3a464d";
      context.fillRect(40, HEIGHT_PX - 26, room, 10);
      context.fillStyle = NEXT;
      context.fillRect(40, HEIGHT_PX - 26, room * content.fraction, 10);
    }
    if (content.board !== null) this.#board(content.board.corners, content.board.done);
    this.#face.drawn();
  }

  /** The line in two rows where one is too narrow. */
  #lines(text: string, room: number): void {
    const context = this.#face.context;
    context.font = `500 36px ${FONT}`;
    let row = "";
    let y = 134;
    for (const word of text.split(" ")) {
      if (row !== "" && y < 178 && context.measureText(`${row} ${word}`).width > room) {
        context.fillText(row, 40, y, room);
        row = word;
        y += 44;
      } else row = row === "" ? word : `${row} ${word}`;
    }
    context.fillText(row, 40, y, room);
  }

  /** The board from above: done corners are filled, the next one is a large ring with its number. */
  #board(corners: readonly (readonly number[])[], done: number): void {
    const context = this.#face.context;
    const xs = corners.map((corner) => corner[0]!);
    const ys = corners.map((corner) => corner[1]!);
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const scale = Math.min(
      BOARD_PX / Math.max(Math.max(...xs) - left, 1e-6),
      (HEIGHT_PX - 90) / Math.max(Math.max(...ys) - top, 1e-6),
    );
    const places = corners.map((_, k) => [
      WIDTH_PX - BOARD_PX - 44 + (xs[k]! - left) * scale,
      45 + (ys[k]! - top) * scale,
    ]);
    context.strokeStyle = LIGHT;
    context.lineWidth = 4;
    context.beginPath();
    for (const [x, y] of places) context.lineTo(x!, y!);
    context.closePath();
    context.stroke();
    context.textAlign = "center";
    places.forEach(([x, y], k) => {
      context.fillStyle = k < done ? DONE : "#0a1014";
      context.strokeStyle = k === done ? NEXT : k < done ? DONE : LIGHT;
      context.beginPath();
      context.arc(x!, y!, k === done ? 24 : 16, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
      context.fillStyle = k < done ? "#0a1014" : LIGHT;
      context.font = `700 ${k === done ? 30 : 22}px ${FONT}`;
      context.fillText(String(k + 1), x!, y! + (k === done ? 11 : 8));
    });
    context.textAlign = "left";
  }
}
