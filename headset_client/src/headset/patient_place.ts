/** Where the patient is in this frame, in the room: as streamed, or carried on where people move the patient. */

import { identity, setFromPose } from "../frames.ts";
import { poseOf } from "../net/wire.ts";
import { Motion } from "../overlay/motion.ts";
import type { PoseMessage } from "../protocol.gen.ts";

export class PatientPlace {
  readonly roomFromPatient = identity();
  readonly #streamed = identity();
  readonly #motion = new Motion();
  #pose: PoseMessage | null = null;

  /**
   * Take this frame's newest pose, live. `middle`: of the model, patient axes, m. `hostNowMs`: the host's clock, null
   * while it is unknown: nothing is carried on then.
   */
  frame(pose: PoseMessage, middle: ArrayLike<number>, hostNowMs: number | null): void {
    const before = this.#pose;
    if (pose !== before) {
      if (before?.room_frame_id !== pose.room_frame_id || before.model_prefix !== pose.model_prefix) {
        this.#motion.clear();
      }
      this.#pose = pose;
      this.#motion.take(pose.capture_ns, setFromPose(this.#streamed, poseOf(pose)), middle);
    }
    this.#motion.into(this.roomFromPatient, hostNowMs === null ? 0 : hostNowMs - pose.capture_ns / 1e6);
  }

  /** No live pose any more: whatever moved before is another motion. */
  forget(): void {
    if (this.#pose === null) return;
    this.#pose = null;
    this.#motion.clear();
  }
}
