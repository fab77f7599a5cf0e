/** A plane of the scene that a canvas is drawn on: headset browsers show no HTML in AR. */

import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";

export interface CanvasSize {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly widthM: number;
}

export class CanvasPlane {
  /** Drawn over everything before it, whatever stands in between. */
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly context: CanvasRenderingContext2D;
  readonly #texture: CanvasTexture;

  /** `order` of drawing; `readBack`: what was drawn is looked at, so it stays in the processor's memory. */
  constructor({ widthPx, heightPx, widthM }: CanvasSize, order: number, readBack = false) {
    const canvas = document.createElement("canvas");
    canvas.width = widthPx;
    canvas.height = heightPx;
    this.context = canvas.getContext("2d", { willReadFrequently: readBack })!;
    this.#texture = new CanvasTexture(canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.mesh = new Mesh(
      new PlaneGeometry(widthM, (widthM * heightPx) / widthPx),
      new MeshBasicMaterial({ map: this.#texture, transparent: true, depthTest: false, depthWrite: false }),
    );
    this.mesh.renderOrder = order;
  }

  /** What was drawn is to be seen from the next frame on. */
  drawn(): void {
    this.#texture.needsUpdate = true;
  }
}
