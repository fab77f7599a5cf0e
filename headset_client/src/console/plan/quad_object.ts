/** One osteotomy plane in the 3D view: its rectangle and cut line as headsets draw them, its name, and for the chosen one handles. */

import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  ConeGeometry,
  DoubleSide,
  Float32BufferAttribute,
  Group,
  Mesh,
  MeshBasicMaterial,
  Quaternion,
  SphereGeometry,
  Vector3,
} from "three";

import { inModel } from "../../frames.ts";
import { barsOf } from "../../overlay/bars.ts";
import { linesOf, rectangleOf, trianglesOf } from "../../overlay/rectangle.ts";
import type { Vec } from "../../overlay/vec.ts";
import type { MarginVerdict, PlanPlane } from "../../protocol.gen.ts";
import { Sign } from "../../scene/labels.ts";
import { type Handle, HANDLES, placeOf } from "./handles.ts";
import { centerMm, edgeMm } from "./quad.ts";

/** What is drawn of a plane. */
export interface ShownPlane {
  readonly plane: PlanPlane;
  /** Name and verdict, in words. */
  readonly words: string;
  /** 0xrrggbb, by its verdict. */
  readonly color: number;
  /** Breaks or hatches the frame; null while nobody told it. */
  readonly verdict: MarginVerdict | null;
  /** The cut line on bone: stretches one after the other, patient metres. */
  readonly lineM: readonly number[];
  readonly chosen: boolean;
  /** Whether the stage looked at cuts here. */
  readonly ofStage: boolean;
}

/** Half as wide as they are drawn, m. */
const CUT_RADIUS_M = 0.0006;
const FRAME_RADIUS_M = 0.00035;
/** After everything of the model. */
const FACE_ORDER = 40;
const LINE_ORDER = 41;
const HANDLE_ORDER = 45;
const WHITE = 0xffffff;
/** Size of a handle as part of its distance from the eye. */
const HANDLE_SIZE = 0.017;
const OUT = new Vector3(0, 1, 0);

/** Patient mm to the model's axes, m. */
export function toModel(placeMm: Vec, out = new Vector3()): Vector3 {
  const [x, y, z] = inModel(placeMm);
  return out.set(x / 1000, y / 1000, z / 1000);
}

export class QuadObject {
  readonly object = new Group();
  /** The rectangle, for whoever asks what is under the pointer. */
  readonly face: Mesh;
  readonly handles: readonly { readonly handle: Handle; readonly mesh: Mesh }[];
  readonly #faceMaterial = new MeshBasicMaterial({ transparent: true, side: DoubleSide, depthWrite: false });
  readonly #borderMaterial = new MeshBasicMaterial({ transparent: true, depthTest: false, depthWrite: false });
  readonly #lineMaterial = new MeshBasicMaterial({ transparent: true, depthTest: false, depthWrite: false });
  readonly #handleMaterial = new MeshBasicMaterial({ color: WHITE, transparent: true, depthTest: false, depthWrite: false });
  readonly #border = new Mesh(new BufferGeometry(), this.#borderMaterial);
  readonly #line = new Mesh(new BufferGeometry(), this.#lineMaterial);
  readonly #arrow = new Mesh(new BufferGeometry(), this.#handleMaterial);
  readonly #sign = new Sign("");
  #shown: ShownPlane | null = null;

  constructor() {
    this.face = new Mesh(new BufferGeometry(), this.#faceMaterial);
    this.face.renderOrder = FACE_ORDER;
    this.handles = HANDLES.map((handle) => {
      const mesh = new Mesh(shapeOf(handle), this.#handleMaterial);
      mesh.renderOrder = HANDLE_ORDER;
      return { handle, mesh };
    });
    for (const mesh of [this.#border, this.#line, this.#arrow]) mesh.renderOrder = LINE_ORDER;
    this.object.add(this.face, this.#border, this.#line, this.#arrow, this.#sign.sprite);
    this.object.add(...this.handles.map(({ mesh }) => mesh));
  }

  get plane(): PlanPlane | null {
    return this.#shown?.plane ?? null;
  }

  /** Draw this; returns whether anything changed. */
  show(shown: ShownPlane): boolean {
    const before = this.#shown;
    if (before !== null && isSame(before, shown)) return false;
    this.#shown = shown;
    const { plane, lineM, chosen, color } = shown;
    if (before?.plane !== plane) this.#place(plane);
    if (before?.plane !== plane || before.verdict !== shown.verdict) {
      draw(this.#border, linesOf(rectangleOf(plane), shown.verdict), FRAME_RADIUS_M);
    }
    if (before?.lineM !== lineM) draw(this.#line, inModelAxes(lineM), CUT_RADIUS_M);
    const strong = shown.ofStage || chosen;
    this.#faceMaterial.color.setHex(color);
    this.#faceMaterial.opacity = chosen ? 0.34 : strong ? 0.2 : 0.07;
    this.#borderMaterial.color.setHex(chosen ? WHITE : color);
    this.#borderMaterial.opacity = strong ? 1 : 0.45;
    this.#lineMaterial.color.setHex(color);
    this.#lineMaterial.opacity = strong ? 1 : 0.4;
    this.#sign.say(shown.words);
    for (const { mesh } of this.handles) mesh.visible = chosen;
    this.#arrow.visible = chosen;
    return true;
  }

  /** Keep the handles of one size for an eye there, model axes, m. */
  see(eye: Vector3): void {
    for (const { mesh } of this.handles) mesh.scale.setScalar(HANDLE_SIZE * mesh.position.distanceTo(eye));
  }

  dispose(): void {
    this.object.removeFromParent();
    for (const mesh of [this.face, this.#border, this.#line, this.#arrow]) mesh.geometry.dispose();
    for (const { mesh } of this.handles) mesh.geometry.dispose();
    for (const one of [this.#faceMaterial, this.#borderMaterial, this.#handleMaterial, this.#lineMaterial]) one.dispose();
  }

  #place(plane: PlanPlane): void {
    this.face.geometry.dispose();
    this.face.geometry = new BufferGeometry();
    this.face.geometry.setAttribute("position", new Float32BufferAttribute(trianglesOf(rectangleOf(plane)), 3));
    const tip = toModel(placeOf(plane, { kind: "move" }));
    draw(this.#arrow, [...toModel(centerMm(plane)).toArray(), ...tip.toArray()], FRAME_RADIUS_M);
    const turn = new Quaternion().setFromUnitVectors(OUT, toModel(plane.kept_normal).normalize());
    for (const { handle, mesh } of this.handles) {
      toModel(placeOf(plane, handle), mesh.position);
      mesh.quaternion.copy(turn);
    }
    toModel(edgeMm(plane, "height+"), this.#sign.sprite.position);
  }
}

/** Put these lines in the place of those before: both ends of each in turn, the model's axes, m. */
function draw(mesh: Mesh, ends: ArrayLike<number>, radiusM: number): void {
  const { positions, index } = barsOf(ends, radiusM);
  mesh.geometry.dispose();
  mesh.geometry = new BufferGeometry();
  mesh.geometry.setAttribute("position", new BufferAttribute(positions, 3));
  mesh.geometry.setIndex(new BufferAttribute(index, 1));
}

/** Patient metres to the model's axes. */
function inModelAxes(lineM: readonly number[]): Float32Array {
  const places = new Float32Array(lineM.length);
  for (let at = 0; at + 2 < lineM.length; at += 3) {
    places.set(inModel([lineM[at]!, lineM[at + 1]!, lineM[at + 2]!]), at);
  }
  return places;
}

function isSame(one: ShownPlane, other: ShownPlane): boolean {
  return (
    one.plane === other.plane &&
    one.lineM === other.lineM &&
    one.words === other.words &&
    one.color === other.color &&
    one.verdict === other.verdict &&
    one.chosen === other.chosen &&
    one.ofStage === other.ofStage
  );
}

/** Handles differ in shape: what moves is an arrow's tip, what turns a ball, an edge a block. */
function shapeOf(handle: Handle): BufferGeometry {
  switch (handle.kind) {
    case "move":
      return new ConeGeometry(0.6, 1.5, 16);
    case "edge":
      return new BoxGeometry(0.9, 0.9, 0.9);
    case "turn":
      return new SphereGeometry(0.62, 16, 12);
  }
}
