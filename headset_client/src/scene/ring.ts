/** The ring of the state in the headset, moved along with the head. */

import { BufferGeometry, Float32BufferAttribute, Group, Mesh, MeshBasicMaterial } from "three";

import type { Matrix } from "../frames.ts";
import { ringTriangles } from "../overlay/ring.ts";
import { OVERLAY_STATES, type OverlayState } from "../protocol.gen.ts";
import { STATE_COLORS } from "./panel.ts";

const DISTANCE_M = 1.1;

export class Ring {
  readonly object = new Group();
  readonly #rings: ReadonlyMap<OverlayState, Mesh>;
  #state: OverlayState = "OFF";

  constructor() {
    this.#rings = new Map(OVERLAY_STATES.map((state) => [state, ringOf(state)]));
    this.object.add(...this.#rings.values());
    this.object.matrixAutoUpdate = false;
  }

  /** Tell this state, around a head told as world from head. */
  show(state: OverlayState, worldFromHead: Matrix): void {
    this.object.matrix.fromArray(worldFromHead);
    this.object.matrixWorldNeedsUpdate = true;
    if (state === this.#state) return;
    this.#rings.get(this.#state)!.visible = false;
    this.#rings.get(state)!.visible = true;
    this.#state = state;
  }
}

function ringOf(state: OverlayState): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(ringTriangles(state, DISTANCE_M), 3));
  const material = new MeshBasicMaterial({
    color: STATE_COLORS[state],
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
  const mesh = new Mesh(geometry, material);
  mesh.renderOrder = 99;
  mesh.frustumCulled = false;
  mesh.visible = false;
  return mesh;
}
