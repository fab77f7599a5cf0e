/** A bright ring and a name around the view, moved along with the head: this headset is meant. */

import { BufferGeometry, Float32BufferAttribute, Group, Mesh, MeshBasicMaterial } from "three";

import type { Matrix } from "../frames.ts";
import { bandTriangles, INNER_DEG } from "../overlay/ring.ts";
import { CanvasPlane } from "./canvas_plane.ts";

const DISTANCE_M = 1.1;
const RING_DEG = { inner: INNER_DEG + 4, outer: INNER_DEG + 6 };
const BRIGHT = "#ffffff";
const NAME = { widthPx: 1024, heightPx: 192, widthM: 0.5 };
/** Below the line of sight, outside the middle 20 degrees. */
const BELOW_M = -0.5;

export class Beacon {
  readonly object = new Group();
  readonly #ring: Mesh;
  readonly #plate = new CanvasPlane(NAME, 101);
  #name = "";

  constructor() {
    const geometry = new BufferGeometry();
    const corners = bandTriangles(RING_DEG.inner, RING_DEG.outer, DISTANCE_M);
    geometry.setAttribute("position", new Float32BufferAttribute(corners, 3));
    this.#ring = new Mesh(
      geometry,
      new MeshBasicMaterial({ color: BRIGHT, transparent: true, depthTest: false, depthWrite: false }),
    );
    this.#ring.renderOrder = 100;
    this.#ring.frustumCulled = false;
    const { mesh } = this.#plate;
    mesh.position.set(0, BELOW_M, -DISTANCE_M);
    mesh.rotation.x = Math.atan2(BELOW_M, DISTANCE_M);
    this.object.add(this.#ring, mesh);
    this.object.matrixAutoUpdate = false;
    this.object.visible = false;
  }

  /** Show a name with the ring bright or not, around a head told as world from head; null shows nothing. */
  show(name: string | null, bright: boolean, worldFromHead: Matrix): void {
    this.object.visible = name !== null;
    if (name === null) return;
    this.object.matrix.fromArray(worldFromHead);
    this.object.matrixWorldNeedsUpdate = true;
    this.#ring.visible = bright;
    if (name !== this.#name) this.#write(name);
  }

  #write(name: string): void {
    this.#name = name;
    const { context } = this.#plate;
    context.clearRect(0, 0, NAME.widthPx, NAME.heightPx);
    context.fillStyle = BRIGHT;
    context.beginPath();
    context.roundRect(0, 0, NAME.widthPx, NAME.heightPx, 48);
    context.fill();
    context.fillStyle = "#0b1216";
    context.font = "700 96px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(name, NAME.widthPx / 2, NAME.heightPx / 2, NAME.widthPx - 64);
    this.#plate.drawn();
  }
}
