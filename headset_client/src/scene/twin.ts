/** The model beside the patient: the same vertices and looks, standing elsewhere, with a sign that says so. */

import { CanvasTexture, Group, Sprite, SpriteMaterial, SRGBColorSpace } from "three";

import type { Matrix } from "../frames.ts";
import type { DressedModel } from "./dress.ts";
import { type Colour, drawText, type TextStyle, widthOf } from "./numerals.ts";

const LINES = ["BESIDE THE PATIENT", "shows nothing in its place"];
const WIDTH_PX = 640;
const HEIGHT_PX = 128;
const WIDTH_M = 0.2;
const GROUND: Colour = [10, 16, 20];
const AMBER: Colour = [255, 200, 87];

export class Twin {
  readonly object = new Group();
  readonly #body = new Group();
  readonly #model = new Group();
  readonly #sign = sign();

  /** `plan` stands where the model stands. */
  constructor(plan: Group) {
    this.#body.matrixAutoUpdate = false;
    this.#body.add(this.#model, plan);
    this.#body.visible = false;
    this.object.add(this.#body, this.#sign);
    this.object.visible = false;
  }

  /** Stand this model, or none. What stood before is gone with its model. */
  take(model: DressedModel | null): void {
    this.#model.clear();
    this.#body.visible = model !== null;
    model?.stand(this.#model);
  }

  get shows(): boolean {
    return this.object.visible && this.#body.visible;
  }

  /** Hide it. */
  hide(): void {
    this.object.visible = false;
  }

  /** Show it at `worldFromModel`, with the sign above the ball around its middle, both in the world, m. */
  show(worldFromModel: Matrix, middle: ArrayLike<number>, radiusM: number): void {
    this.object.visible = true;
    this.#body.matrix.fromArray(worldFromModel);
    this.#body.matrixWorldNeedsUpdate = true;
    // Above it: below it would hang nearer to the field.
    this.#sign.position.set(middle[0]!, middle[1]! + radiusM + 0.03, middle[2]!);
  }

  /** Where it stands, world from model. */
  get matrix() {
    return this.#body.matrix;
  }
}

function sign(): Sprite {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH_PX;
  canvas.height = HEIGHT_PX;
  const context = canvas.getContext("2d")!;
  context.fillStyle = `rgb(${GROUND.join(" ")} / 0.86)`;
  context.strokeStyle = `rgb(${AMBER.join(" ")})`;
  context.lineWidth = 6;
  context.setLineDash([18, 12]);
  context.beginPath();
  context.roundRect(3, 3, WIDTH_PX - 6, HEIGHT_PX - 6, 20);
  context.fill();
  context.stroke();
  LINES.forEach((line, at) => {
    const style: TextStyle = { size: at === 0 ? 46 : 34, weight: 600, ink: AMBER, ground: GROUND, groundAlpha: 0.86 };
    drawText(context, line, (WIDTH_PX - widthOf(context, line, style)) / 2, 56 + 46 * at, style);
  });
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = SRGBColorSpace;
  const sprite = new Sprite(new SpriteMaterial({ map: texture, depthTest: false, depthWrite: false }));
  sprite.scale.set(WIDTH_M, (WIDTH_M * HEIGHT_PX) / WIDTH_PX, 1);
  sprite.renderOrder = 98;
  return sprite;
}
