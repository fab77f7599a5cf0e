/** Where the room stands in this frame: as it was found, and steadied by an anchor where the device has them. */

import { identity, type Matrix, multiply, setFromPose } from "../frames.ts";
import { poseOf } from "../net/wire.ts";
import type { Alignment } from "../overlay/alignment.ts";
import { Anchoring } from "../overlay/anchoring.ts";
import type { ViewFault } from "../overlay/state.ts";
import type { PoseMessage } from "../protocol.gen.ts";
import { SessionAnchor } from "../xr/anchor.ts";

export class Footing {
  readonly #alignment: Alignment;
  readonly #anchoring = new Anchoring();
  readonly #anchor = new SessionAnchor();
  readonly #roomFromPatient = identity();
  readonly #worldFromPatient = identity();
  /** The alignment the anchor was asked for. */
  #version: number | null = null;

  constructor(alignment: Alignment) {
    this.#alignment = alignment;
  }

  /**
   * Look at the anchor in this frame.
   *
   * `patient`, a live pose, and `centre`, patient axes, m: where the anchor belongs; the first null while nobody knows.
   */
  frame(xr: XRFrame, space: XRReferenceSpace, patient: PoseMessage | null, centre: ArrayLike<number>): void {
    const found = this.#alignment.worldFromRoom;
    const { version } = this.#alignment;
    if (found === null) {
      if (this.#version !== null) this.#letGo();
      return;
    }
    if (this.#version !== version) {
      if (patient === null) return;
      this.#version = version;
      const m = multiply(this.#worldFromPatient, found, setFromPose(this.#roomFromPatient, poseOf(patient)));
      const at = (row: number): number =>
        m[row]! * centre[0]! + m[4 + row]! * centre[1]! + m[8 + row]! * centre[2]! + m[12 + row]!;
      this.#anchor.ask(xr, space, at(0), at(1), at(2));
      return;
    }
    const place = this.#anchor.place(xr, space);
    if (place === null) return;
    if (this.#anchoring.holds(version)) this.#anchoring.moved(place);
    else this.#anchoring.hang(version, found, place);
  }

  /** The session ended: its world is gone. */
  end(): void {
    this.#version = null;
    this.#anchoring.letGo();
    this.#anchor.forget();
  }

  get worldFromRoom(): Matrix | null {
    return this.#anchoring.worldFromRoom(this.#alignment.version, this.#alignment.worldFromRoom);
  }

  /** Why a pose told in this room frame cannot be placed now, or null. */
  fault(roomFrameId: number | null): ViewFault | null {
    return this.#alignment.fault(roomFrameId) ?? this.#anchoring.fault(this.#alignment.version);
  }

  #letGo(): void {
    this.#version = null;
    this.#anchoring.letGo();
    this.#anchor.drop();
  }
}
