/** One osteotomy plane in the 3D view: its rectangle, its cut line on bone, its name, and for the chosen one handles. */

import {
  BoxGeometry,
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

import type { PlanPlane } from "../../protocol.gen.ts";
import { Sign } from "../../scene/labels.ts";
import { type Handle, HANDLES, placeOf } from "./handles.ts";
import { centerMm, cornersMm, edgeMm } from "./quad.ts";
import { Strokes } from "./strokes.ts";
import type { Vec } from "./vec.ts";

/** What is drawn of a plane. */
export interface ShownPlane {
  readonly plane: PlanPlane;
  /** Name and verdict, in words. */
  readonly words: string;
  /** 0xrrggbb, by its verdict. */
  readonly color: number;
  /** The cut line on bone: stretches one after the other, patient metres. */
  readonly lineM: readonly number[];
  readonly chosen: boolean;
  /** Whether the stage looked at cuts here. */
  readonly ofStage: boolean;
}

/** Pieces of a cut line at most (`MOST_LINE_NUMBERS` of the protocol). */
const MOST_PIECES = 400;
const LINE_MM = 1.1;
const BORDER_MM = 0.6;
/** After everything of the model. */
const FACE_ORDER = 40;
const LINE_ORDER = 41;
const HANDLE_ORDER = 45;
const WHITE = 0xffffff;
/** Size of a handle as part of its distance from the eye. */
const HANDLE_SIZE = 0.017;
const OUT = new Vector3(0, 1, 0);

/** Patient mm to the model's axes, m. */
export function toModel([x, y, z]: Vec, out = new Vector3()): Vector3 {
  return out.set(x / 1000, z / 1000, -y / 1000);
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
  readonly #border = new Strokes(this.#borderMaterial, 4, BORDER_MM);
  readonly #line = new Strokes(this.#lineMaterial, MOST_PIECES, LINE_MM);
  readonly #arrow = new Strokes(this.#handleMaterial, 1, BORDER_MM);
  readonly #sign = new Sign("");
  #shown: ShownPlane | null = null;

  constructor() {
    this.face = new Mesh(new BufferGeometry(), this.#faceMaterial);
    this.face.geometry.setAttribute("position", new Float32BufferAttribute(new Float32Array(12), 3));
    this.face.geometry.setIndex([0, 1, 2, 0, 2, 3]);
    this.face.renderOrder = FACE_ORDER;
    this.face.frustumCulled = false;
    this.handles = HANDLES.map((handle) => {
      const mesh = new Mesh(shapeOf(handle), this.#handleMaterial);
      mesh.renderOrder = HANDLE_ORDER;
      return { handle, mesh };
    });
    for (const { mesh } of this.#strokes) mesh.renderOrder = LINE_ORDER;
    this.object.add(this.face, ...this.#strokes.map(({ mesh }) => mesh), this.#sign.sprite);
    this.object.add(...this.handles.map(({ mesh }) => mesh));
  }

  get plane(): PlanPlane | null {
    return this.#shown?.plane ?? null;
  }

  get #strokes(): readonly Strokes[] {
    return [this.#border, this.#line, this.#arrow];
  }

  /** Draw this; returns whether anything changed. */
  show(shown: ShownPlane): boolean {
    const before = this.#shown;
    if (before !== null && isSame(before, shown)) return false;
    this.#shown = shown;
    const { plane, lineM, chosen, color } = shown;
    if (before?.plane !== plane) this.#place(plane);
    if (before?.lineM !== lineM) this.#line.draw(inModelAxes(lineM));
    const strong = shown.ofStage || chosen;
    this.#faceMaterial.color.setHex(color);
    this.#faceMaterial.opacity = chosen ? 0.34 : strong ? 0.2 : 0.07;
    this.#borderMaterial.color.setHex(chosen ? WHITE : color);
    this.#borderMaterial.opacity = strong ? 1 : 0.45;
    this.#lineMaterial.color.setHex(color);
    this.#lineMaterial.opacity = strong ? 1 : 0.4;
    this.#sign.say(shown.words);
    for (const { mesh } of this.handles) mesh.visible = chosen;
    this.#arrow.mesh.visible = chosen;
    return true;
  }

  /** Keep the handles of one size for an eye there, model axes, m. */
  see(eye: Vector3): void {
    for (const { mesh } of this.handles) mesh.scale.setScalar(HANDLE_SIZE * mesh.position.distanceTo(eye));
  }

  dispose(): void {
    this.object.removeFromParent();
    this.face.geometry.dispose();
    for (const strokes of this.#strokes) strokes.dispose();
    for (const { mesh } of this.handles) mesh.geometry.dispose();
    for (const one of [this.#faceMaterial, this.#borderMaterial, this.#handleMaterial, this.#lineMaterial]) one.dispose();
  }

  #place(plane: PlanPlane): void {
    const corners = cornersMm(plane).map((corner) => toModel(corner).toArray());
    const position = this.face.geometry.getAttribute("position");
    corners.forEach(([x, y, z], number) => position.setXYZ(number, x, y, z));
    position.needsUpdate = true;
    this.face.geometry.computeBoundingSphere();
    this.#border.draw(corners.flatMap((corner, number) => [...corner, ...corners[(number + 1) % 4]!]));
    const tip = toModel(placeOf(plane, { kind: "move" }));
    this.#arrow.draw([...toModel(centerMm(plane)).toArray(), ...tip.toArray()]);
    const turn = new Quaternion().setFromUnitVectors(OUT, toModel(plane.kept_normal).normalize());
    for (const { handle, mesh } of this.handles) {
      toModel(placeOf(plane, handle), mesh.position);
      mesh.quaternion.copy(turn);
    }
    toModel(edgeMm(plane, "height+"), this.#sign.sprite.position);
  }
}

/** Patient metres to the model's axes. */
function inModelAxes(lineM: readonly number[]): Float32Array {
  const places = new Float32Array(lineM.length);
  for (let at = 0; at + 2 < lineM.length; at += 3) {
    places[at] = lineM[at]!;
    places[at + 1] = lineM[at + 2]!;
    places[at + 2] = -lineM[at + 1]!;
  }
  return places;
}

function isSame(one: ShownPlane, other: ShownPlane): boolean {
  return (
    one.plane === other.plane &&
    one.lineM === other.lineM &&
    one.words === other.words &&
    one.color === other.color &&
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
