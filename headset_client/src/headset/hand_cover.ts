/**
 * Hands cover the model: without this the tumour would be drawn over a hand that is held before it.
 *
 * A rod along every bone of a tracked hand is drawn last, with no colour and no opacity, where it lies before the
 * model: there the headset shows the hand itself. What the headset's depth camera sees is not used: it would let the
 * patient's own skin hide all that lies in the patient.
 */

import {
  CylinderGeometry,
  InstancedMesh,
  Matrix4,
  MeshBasicMaterial,
  NoBlending,
  Quaternion,
  Vector3,
} from "three";

import type { HeadsetFrame, HeadsetPart } from "./headset_view.ts";

/** Where each finger begins in the list of a hand's 25 joints, and where it ends; every finger hangs on the wrist. */
const FINGERS = [[1, 4], [5, 9], [10, 14], [15, 19], [20, 24]] as const;
const JOINTS = 25;
const RODS = 24;
const HANDS = 2;
/** A sleeve of a joint's own radius leaves gaps in the palm and a glove is thicker than a finger. */
const THICKER = 1.35;
/** Behind names, before the panels. */
const ORDER = 60;
const UP = new Vector3(0, 1, 0);

/** What a browser that tracks hands can do, and the types of it leave out. */
interface HandFrame {
  fillPoses?(spaces: Iterable<XRSpace>, space: XRSpace, out: Float32Array): boolean;
  fillJointRadii?(spaces: Iterable<XRJointSpace>, out: Float32Array): boolean;
}

export class HandCover implements HeadsetPart {
  readonly object: InstancedMesh;
  /** The joints of each hand in their order: made once, where a frame would ask for an iterator. */
  readonly #joints = new WeakMap<XRHand, readonly XRJointSpace[]>();
  readonly #poses = new Float32Array(16 * JOINTS);
  readonly #radii = new Float32Array(JOINTS);
  readonly #from = new Vector3();
  readonly #to = new Vector3();
  readonly #middle = new Vector3();
  readonly #turn = new Quaternion();
  readonly #scale = new Vector3();
  readonly #matrix = new Matrix4();
  #count = 0;

  constructor() {
    const nothing = new MeshBasicMaterial({ color: 0, opacity: 0, transparent: true, blending: NoBlending });
    this.object = new InstancedMesh(new CylinderGeometry(1, 1, 1, 8), nothing, RODS * HANDS);
    this.object.renderOrder = ORDER;
    this.object.frustumCulled = false;
  }

  frame({ xr, session, space }: HeadsetFrame): void {
    const frame = xr as unknown as HandFrame;
    this.#count = 0;
    for (let source = 0; source < session.inputSources.length; source += 1) {
      const hand = session.inputSources[source]!.hand;
      // Browsers say null where the types know undefined.
      if (hand == null || this.#count >= RODS * HANDS) continue;
      const joints = this.#jointsOf(hand);
      if (frame.fillPoses?.(joints, space, this.#poses) && frame.fillJointRadii?.(joints, this.#radii)) {
        for (const [first, last] of FINGERS) {
          this.#rod(0, first);
          for (let joint = first; joint < last; joint += 1) this.#rod(joint, joint + 1);
        }
      }
    }
    this.object.count = this.#count;
    this.object.visible = this.#count > 0;
    this.object.instanceMatrix.needsUpdate = true;
  }

  #jointsOf(hand: XRHand): readonly XRJointSpace[] {
    let joints = this.#joints.get(hand);
    if (joints === undefined) this.#joints.set(hand, (joints = [...hand.values()]));
    return joints;
  }

  #rod(one: number, other: number): void {
    this.#from.fromArray(this.#poses, 16 * one + 12);
    this.#to.fromArray(this.#poses, 16 * other + 12);
    const radius = THICKER * Math.max(this.#radii[one]!, this.#radii[other]!);
    this.#middle.addVectors(this.#from, this.#to).multiplyScalar(0.5);
    this.#to.sub(this.#from);
    const length = this.#to.length();
    this.#turn.setFromUnitVectors(UP, length > 0 ? this.#to.divideScalar(length) : UP);
    // Beyond the joints by a radius, as round ends would be.
    this.#scale.set(radius, length + radius, radius);
    this.object.setMatrixAt(this.#count, this.#matrix.compose(this.#middle, this.#turn, this.#scale));
    this.#count += 1;
  }
}
